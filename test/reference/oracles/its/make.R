# Makes series.csv, triple.csv and expected.json: segmented regressions by lm with Newey-West errors of sandwich, the same
# hours of earlier days by means and t.test, a triple difference by lm with errors clustered by unit.
# Run: Rscript make.R (R 4.2.2, sandwich 3.0-2)
suppressMessages(library(sandwich))
set.seed(20260312)
number <- function(x) paste0("[", paste(formatC(as.numeric(x), digits = 17, format = "g"), collapse = ", "), "]")
day <- 86400; hour <- 3600
start <- as.numeric(as.POSIXct("2026-03-02 00:00:00", tz = "UTC"))

# hourly, nine days and ten hours, treated from hour 9 x 24 + 5 on
n <- 9 * 24 + 10
time <- start + hour * (0:(n - 1))
cut <- start + hour * (9 * 24 + 5)
noise <- as.numeric(arima.sim(list(ar = 0.6), n))
y <- round(50 + 6 * sin(2 * pi * (0:(n - 1)) / 24) + 0.01 * (0:(n - 1)) + noise + 2.5 * (time >= cut), 4)
write.csv(data.frame(unit = "all", time = format(time, scientific = FALSE, trim = TRUE), y = y, d = as.numeric(time >= cut)), "series.csv", row.names = FALSE, quote = FALSE)

since <- time - cut; post <- as.numeric(time >= cut)
hod <- factor((time %/% hour) %% 24)
row <- function(fit, term, v, name) {
  sprintf('"%s": {"estimate": %.17g, "se": %.17g, "p": %.17g}', name, coef(fit)[term], sqrt(v[term, term]),
          2 * pt(-abs(coef(fit)[term] / sqrt(v[term, term])), fit$df.residual))
}
blocks <- c()
for (season in c("none", "hour-of-day")) {
  middle <- since - mean(since[post == 1])
  slope0 <- post * since; slope1 <- post * middle
  plain <- if (season == "none") lm(y ~ since + post + slope0) else lm(y ~ since + hod + post + slope0)
  centred <- if (season == "none") lm(y ~ since + post + slope1) else lm(y ~ since + hod + post + slope1)
  for (white in c(FALSE, TRUE)) {
    v <- function(fit) NeweyWest(fit, lag = 5, prewhite = as.numeric(white), adjust = TRUE)
    blocks <- c(blocks, sprintf('"%s, %s": {%s, %s, %s, %s}', season, if (white) "prewhitened" else "plain",
      row(centred, "post", v(centred), "att"), row(plain, "post", v(plain), "level"),
      row(plain, "slope0", v(plain), "slope"), row(plain, "since", v(plain), "trend")))
  }
}

# same hours: lead of 4 hours, post of 5, all nine earlier days that hold them
block <- function(back) {
  at <- cut - back * day
  c(mean(y[time >= at - 4 * hour & time < at]), mean(y[time >= at & time < at + 5 * hour]))
}
days <- sapply(0:9, block); days <- days[, !is.nan(colSums(days))]
k <- ncol(days) - 1
change <- days[2, ] - days[1, ]; ratio <- days[1, 1] * (days[2, ] / days[1, ] - 1)
against <- function(d) {
  se <- sd(d[-1]) * sqrt(1 + 1 / k); est <- d[1] - mean(d[-1])
  sprintf('{"estimate": %.17g, "se": %.17g, "p": %.17g, "low": %.17g, "days": %d}', est, se,
          2 * pt(-abs(est / se), k - 1), est - qt(0.975, k - 1) * se, k)
}

# triple difference: 7 units of 5-minute steps, 3 treated, three weeks; an hour before and an hour after
units <- 7; step <- 300
at <- start + 21 * day + 10 * hour
grid <- do.call(rbind, lapply(0:3, function(o) expand.grid(time = at - o * 7 * day + step * (-12:11), unit = 1:units, occasion = o)))
grid <- grid[order(grid$unit, grid$time), ]
grid$treated <- as.numeric(grid$unit <= 3); grid$since <- grid$time - at + grid$occasion * 7 * day
grid$post <- as.numeric(grid$since >= 0); grid$now <- as.numeric(grid$occasion == 0)
level <- rnorm(units)[grid$unit]; shock <- rnorm(units * 4)[grid$unit * 4 - grid$occasion]
grid$y <- round(20 + level + 0.5 * grid$post * grid$treated + 1.2 * grid$post * grid$treated * grid$now + 0.4 * shock * grid$post + sin(grid$since / 900) + rnorm(nrow(grid), 0, 0.5), 4)
grid$d <- grid$treated * as.numeric(grid$time >= at)
out <- grid; out$time <- format(grid$time, scientific = FALSE, trim = TRUE); out$unit <- paste0("u", grid$unit)
write.csv(out[, c("unit", "time", "y", "d")], "triple.csv", row.names = FALSE, quote = FALSE)
fit <- lm(y ~ factor(unit):factor(occasion) + factor(time) + treated:post + treated:post:now, data = grid)
name <- "treated:post:now"
# cr1 of fixest: unit-occasion effects are nested in units, so K counts the two slopes and the period effects
G <- units; N <- nrow(grid); K <- 2 + length(unique(grid$time))
v0 <- vcovCL(fit, cluster = grid$unit, type = "HC0", cadjust = FALSE)
v <- v0 * G / (G - 1) * (N - 1) / (N - K)
did <- function(o) { g <- grid[grid$occasion == o, ]; with(g, (mean(y[treated == 1 & post == 1]) - mean(y[treated == 1 & post == 0])) - (mean(y[treated == 0 & post == 1]) - mean(y[treated == 0 & post == 0]))) }
dids <- sapply(0:3, did)
se3 <- sd(dids[-1]) * sqrt(1 + 1 / 3)
writeLines(c("{", paste(c(
  sprintf('"segmented": {%s}', paste(blocks, collapse = ", ")),
  sprintf('"sameHours": {"additive": %s, "multiplicative": %s}', against(change), against(ratio)),
  sprintf('"triple": {"estimate": %.17g, "se": %.17g, "K": %d, "dids": %s, "occasions": {"estimate": %.17g, "se": %.17g}}',
          coef(fit)[name], sqrt(v[name, name]), K, number(dids), dids[1] - mean(dids[-1]), se3)
), collapse = ",\n"), "}"), "expected.json")
