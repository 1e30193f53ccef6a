# Makes expected.json: p-values by fisher.test and poisson.test of R 4.2.2 (stats); estimates and limits, exact and mid-p, by
# root finding on sums of binomial coefficients (fisher.test stops its own search at 1e-4 of the reciprocal; its limits are
# kept as r*). Run: Rscript make.R
alpha <- 0.05
mid <- function(x, support, logw, half = 0.5) {
  prob <- function(u) { l <- logw(support) + u * support; p <- exp(l - max(l)); p / sum(p) }
  up <- function(u) { p <- prob(u); sum(p[support > x]) + half * p[support == x] }
  down <- function(u) { p <- prob(u); sum(p[support < x]) + half * p[support == x] }
  root <- function(f) exp(uniroot(f, c(-30, 30), tol = 1e-14, maxiter = 10000)$root)
  list(low = if (x == min(support)) 0 else root(function(u) up(u) - alpha / 2),
       high = if (x == max(support)) Inf else root(function(u) down(u) - alpha / 2), p0 = function(u) min(1, 2 * min(up(u), down(u))),
       mean = if (x == min(support)) 0 else if (x == max(support)) Inf else root(function(u) sum(prob(u) * support) - x))
}
did <- function(a, b, c, d, e) {
  # a treated after, b treated before, c control after, d control before; e their exposures
  odds <- (e[1] / e[2]) / (e[3] / e[4])
  f <- fisher.test(matrix(c(a, b, c, d), 2), or = odds)
  s <- max(0, a + c - (c + d)):min(a + b, a + c)
  w <- function(x) lchoose(a + b, x) + lchoose(c + d, a + c - x)
  m <- mid(a, s, w); k <- mid(a, s, w, 1)
  l <- lchoose(a + b, s) + lchoose(c + d, a + c - s) + s * log(odds); p <- exp(l - max(l)); p <- p / sum(p)
  central <- min(1, 2 * min(sum(p[s <= a]), sum(p[s >= a])))
  list(counts = c(a, b, c, d), exposure = e, estimate = k$mean / odds, low = k$low / odds, high = k$high / odds,
       rEstimate = unname(f$estimate) / odds, rLow = f$conf.int[1] / odds, rHigh = f$conf.int[2] / odds,
       p = central, pPoint = f$p.value, midLow = m$low / odds, midHigh = m$high / odds, midP = m$p0(log(odds)))
}
two <- function(a, b, e) {
  f <- poisson.test(c(a, b), e)
  w <- function(x) lchoose(a + b, x); m <- mid(a, 0:(a + b), w); odds <- e[1] / e[2]; pr <- odds / (1 + odds)
  central <- min(1, 2 * min(pbinom(a, a + b, pr), pbinom(a - 1, a + b, pr, lower.tail = FALSE)))
  list(counts = c(a, b), exposure = e, estimate = unname(f$estimate), low = f$conf.int[1], high = f$conf.int[2], p = central, pPoint = f$p.value,
       midLow = m$low / odds, midHigh = m$high / odds, midP = m$p0(log(odds)))
}
expected <- list(did = list(did(7, 2, 3, 4, c(1, 1, 1, 1)), did(12, 5, 30, 41, c(40, 80, 120, 240)), did(0, 3, 6, 5, c(10, 20, 10, 20)),
  did(5, 0, 2, 9, c(10, 30, 20, 60)), did(48, 51, 230, 260, c(100.5, 110.25, 400, 410)), did(1, 0, 0, 1, c(1, 1, 1, 1)), did(900, 700, 1500, 1600, c(1, 1, 1, 1))),
  two = list(two(3, 9, c(10, 10)), two(0, 4, c(100, 250)), two(6, 0, c(5, 50)), two(120, 80, c(1000, 1000)), two(11, 15, c(800, 3011))))
json <- function(x) {
  if (is.list(x) && is.null(names(x))) return(paste0("[", paste(sapply(x, json), collapse = ",\n"), "]"))
  if (is.list(x)) return(paste0("{", paste0('"', names(x), '": ', sapply(x, json), collapse = ", "), "}"))
  text <- ifelse(is.infinite(x), '"Infinity"', formatC(x, digits = 17, format = "g", width = 1))
  if (length(x) == 1) text else paste0("[", paste(text, collapse = ", "), "]")
}
cat(json(expected), "\n", file = "expected.json")
