# Makes panel.csv, cross-section.csv and expected.json: two-stage least squares by AER with errors of sandwich, and
# Anderson-Rubin intervals by root finding. Run: Rscript make.R (R 4.2.2, AER 1.2-10, sandwich 3.0-2)
suppressMessages({ library(AER); library(sandwich) })
set.seed(20240611)
units <- 14; steps <- 9
panel <- expand.grid(time = 1:steps, unit = 1:units)
panel$z <- as.numeric(panel$unit <= 6 & panel$time > 5)
taste <- rnorm(units)[panel$unit]
panel$e <- round(pmin(1, pmax(0, panel$z * (0.35 + 0.3 * (panel$unit %% 3 > 0)) + 0.1 * taste + rnorm(nrow(panel), 0, 0.15))), 4)
panel$x <- round(rnorm(nrow(panel)), 4)
panel$y <- round(3 + taste + 0.2 * panel$time + 1.4 * panel$e + 0.5 * panel$x + rnorm(nrow(panel), 0, 0.8) + 0.5 * rnorm(units * 2)[panel$unit * 2 - (panel$time > 5)], 4)
write.csv(panel[, c("unit", "time", "y", "z", "e", "x")], "panel.csv", row.names = FALSE, quote = FALSE)

m <- 120
cross <- data.frame(z = rep(0:1, m / 2), x = round(rnorm(m), 4), w = round(runif(m, 0.5, 2), 4))
cross$e <- as.numeric(runif(m) < 0.45 + 0.13 * cross$z)
cross$y <- round(1 + 0.8 * cross$e + 0.3 * cross$x + rnorm(m), 4)
cross$y2 <- round(cross$y + 0.9 * cross$z, 4)
write.csv(cross[, c("y", "y2", "z", "e", "x", "w")], "cross-section.csv", row.names = FALSE, quote = FALSE)

roots <- function(gap, grid) {
  values <- sapply(grid, gap)
  at <- which(diff(sign(values)) != 0)
  as.numeric(unlist(lapply(at, function(i) uniroot(gap, grid[i + 0:1], tol = 1e-14)$root)))
}
one <- function(formula, reduced, first, data, vcovs, dof, grid, weights = NULL) {
  data$.w <- if (is.null(weights)) rep(1, nrow(data)) else weights
  fit <- do.call(ivreg, list(formula = formula, data = data, weights = data$.w))
  itt <- do.call(lm, list(formula = reduced, data = data, weights = data$.w))
  stage <- do.call(lm, list(formula = first, data = data, weights = data$.w))
  lapply(vcovs, function(vc) {
    crit <- qt(0.975, dof)
    gap <- function(b) {
      moved <- data; moved$y <- data$y - b * data$e
      ar <- do.call(lm, list(formula = reduced, data = moved, weights = data$.w))
      abs(coef(ar)["z"] / sqrt(vc(ar)["z", "z"])) - crit
    }
    list(estimate = unname(coef(fit)["e"]), se = sqrt(vc(fit)["e", "e"]),
         itt = unname(coef(itt)["z"]), ittSe = sqrt(vc(itt)["z", "z"]),
         first = unname(coef(stage)["z"]), f = unname(coef(stage)["z"]^2 / vc(stage)["z", "z"]),
         roots = structure(roots(gap, grid), many = TRUE), inside = unname(gap(coef(fit)["e"]) < 0))
  })
}
cl <- function(type) function(fit) vcovCL(fit, cluster = panel$unit, type = type)
hc <- function(type) function(fit) vcovHC(fit, type = type)
k <- 2 + units - 1 + steps - 1 + 1
expected <- list(
  panel = one(y ~ e + x + factor(unit) + factor(time) | z + x + factor(unit) + factor(time),
              y ~ z + x + factor(unit) + factor(time), e ~ z + x + factor(unit) + factor(time), panel,
              list(cr0 = function(f) vcovCL(f, cluster = panel$unit, type = "HC0", cadjust = FALSE), cr1full = cl("HC1")),
              units - 1, seq(-6, 10, by = 0.25)),
  panelHc = one(y ~ e + x + factor(unit) + factor(time) | z + x + factor(unit) + factor(time),
                y ~ z + x + factor(unit) + factor(time), e ~ z + x + factor(unit) + factor(time), panel,
                list(hc0 = hc("HC0"), hc1 = hc("HC1"), iid = vcov), nrow(panel) - k, seq(-6, 10, by = 0.25)),
  cross = one(y ~ e + x | z + x, y ~ z + x, e ~ z + x, cross, list(hc0 = hc("HC0"), hc1 = hc("HC1"), iid = vcov), m - 3, c(seq(-60, 60, by = 0.25))),
  rays = one(y ~ e + x | z + x, y ~ z + x, e ~ z + x, transform(cross, y = y2), list(hc0 = hc("HC0"), iid = vcov), m - 3, seq(-60, 60, by = 0.25)),
  weighted = one(y ~ e + x | z + x, y ~ z + x, e ~ z + x, cross, list(hc1 = hc("HC1")), m - 3, seq(-60, 60, by = 0.25), cross$w)
)
json <- function(x) {
  if (is.list(x)) return(paste0("{", paste0('"', names(x), '": ', sapply(x, json), collapse = ", "), "}"))
  if (length(x) == 0) return("[]")
  text <- if (is.logical(x)) tolower(as.character(x)) else formatC(x, digits = 17, format = "g")
  if (length(x) == 1 && is.null(attr(x, "many"))) text else paste0("[", paste(text, collapse = ", "), "]")
}
cat(json(expected), "\n", file = "expected.json")
