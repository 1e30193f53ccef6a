# Makes panel.csv and expected.json: matched difference-in-differences by Matching 4.10-8 (Match, Abadie-Imbens errors) and glm of
# R 4.2.2 on unit changes. With ties and with a caliper Matching judges the noise of controls in its own way; there the error
# is the formula of Abadie and Imbens (2006) by hand (`byHand`). Run: Rscript make.R
suppressMessages(library(Matching))
set.seed(404)
n <- 70; t <- 5
unit <- data.frame(unit = sprintf("u%02d", 1:n), x = round(rnorm(n), 3), z = round(rexp(n), 3), k = sample(0:4, n, TRUE))
unit$d <- as.numeric(runif(n) < plogis(-0.9 + 0.7 * unit$x + 0.3 * unit$z))
panel <- merge(data.frame(time = 1:t), unit)
panel$treat <- panel$d * (panel$time > 3)
panel$y <- round(2 + panel$x + panel$time * (0.3 + 0.4 * panel$x - 0.2 * panel$z + 0.1 * panel$k) + 0.9 * panel$treat + rnorm(nrow(panel)), 4)
panel <- panel[order(panel$unit, panel$time), ]
write.csv(panel[, c("unit", "time", "y", "treat", "x", "z", "k")], "panel.csv", row.names = FALSE, quote = FALSE)
change <- with(panel, tapply(y * (time > 3), unit, sum) / 2 - tapply(y * (time <= 3), unit, sum) / 3)[unit$unit]
X <- cbind(unit$x, unit$z); K <- cbind(unit$k, round(unit$z))
index <- glm(d ~ x + z, binomial, unit, control = list(epsilon = 1e-14, maxit = 100))$linear.predictors
one <- function(X, M, Weight = 1, caliper = NULL) {
  m <- Match(change, unit$d, X, estimand = "ATT", M = M, Weight = Weight, Var.calc = 1, caliper = caliper, distance.tolerance = 1e-12)
  list(att = as.numeric(m$est), se = as.numeric(m$se), treated = m$orig.treated.nobs - length(m$index.dropped))
}
byHand <- function(X, caliper = Inf) {
  S <- scale(X); D <- as.matrix(dist(S)); tr <- which(unit$d == 1); co <- which(unit$d == 0)
  ok <- function(i, j) all(abs(S[i, ] - S[j, ]) <= caliper)
  sets <- lapply(tr, function(i) { j <- co[sapply(co, function(j) ok(i, j))]; if (!length(j)) integer(0) else j[D[i, j] <= min(D[i, j]) * (1 + 1e-10) + 1e-300] })
  keep <- lengths(sets) > 0; sets <- sets[keep]; tr <- tr[keep]
  d <- sapply(seq_along(tr), function(k) change[tr[k]] - mean(change[sets[[k]]])); att <- mean(d)
  K <- sapply(co, function(j) sum(sapply(sets, function(s) if (j %in% s) 1 / length(s) else 0)))
  K2 <- sapply(co, function(j) sum(sapply(sets, function(s) if (j %in% s) 1 / length(s)^2 else 0)))
  s2 <- sapply(co, function(j) { o <- setdiff(co, j); h <- o[D[j, o] <= min(D[j, o]) * (1 + 1e-10) + 1e-300]; length(h) / (length(h) + 1) * (change[j] - mean(change[h]))^2 })
  list(att = att, se = sqrt(sum((d - att)^2) + sum((K^2 - K2) * s2)) / length(d), treated = length(d))
}
pairs <- list(caliperByHand = byHand(X, 0.4), tiesByHand = byHand(K), inverse1ByHand = byHand(X),
  inverse1 = one(X, 1), inverse3 = one(X, 3), mahalanobis2 = one(X, 2, 2), propensity1 = one(index, 1), propensity4 = one(index, 4),
  caliper = one(X, 1, 1, 0.4), ties = one(K, 1))
m <- Match(change, unit$d, X, estimand = "ATT", M = 1, Weight = 1, distance.tolerance = 1e-12)
smd <- function(v, w1, w0) (weighted.mean(v[unit$d == 1], w1) - weighted.mean(v[unit$d == 0], w0)) / sd(v[unit$d == 1])
w0 <- sapply(which(unit$d == 0), function(j) sum(m$weights[m$index.control == j])); w1 <- rep(1, sum(unit$d))
pairs$balance <- list(before = smd(unit$x, w1, rep(1, length(w0))), after = smd(unit$x, w1, w0), varianceRatio = var(unit$x[unit$d == 1]) / var(unit$x[unit$d == 0]))
block <- function(x) paste0("{", paste0('"', names(x), '": ', sapply(x, function(v) if (is.list(v)) block(v) else formatC(v, digits = 17, format = "g", width = 1)), collapse = ", "), "}")
cat(block(pairs), "\n", file = "expected.json")
