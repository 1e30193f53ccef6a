# Makes data.csv and expected.json: local linear discontinuity recomputed with dense matrices from the formulas of Calonico,
# Cattaneo and Titiunik (2014) and Calonico, Cattaneo and Farrell (2020): explicit W and Q matrices, all-pairs neighbours.
# Written apart from src/; no package is used. Run: Rscript make.R (R 4.2.2)
set.seed(71)
n <- 400
x <- round(c(rnorm(n * 0.6, 0.2, 0.8), runif(n * 0.4, -2, 2.5)), 5)
y <- round(1 + 0.8 * x - 0.5 * x^2 + 0.2 * x^3 + 0.6 * (x >= 0) + rnorm(n, 0, 0.4 + 0.2 * (x > 0)), 5)
w <- round(runif(n, 0.5, 2), 3)
xi <- round(x * 12) # a discrete running variable
write.csv(data.frame(x, y, w, xi), "data.csv", row.names = FALSE, quote = FALSE)

kern <- list(triangular = function(u) pmax(0, 1 - abs(u)), epanechnikov = function(u) 0.75 * pmax(0, 1 - u^2),
             uniform = function(u) 0.5 * (abs(u) <= 1))
design <- function(x, o) outer(x, 0:o, "^")
bread <- function(x, w, o) solve(t(design(x, o)) %*% diag(w) %*% design(x, o))
near <- function(x, y, J) {
  sapply(seq_along(x), function(i) {
    d <- abs(x - x[i]); d[i] <- Inf
    # whole groups of equally distant rows, nearest first, until J are there
    reach <- sort(d)[min(J, length(x) - 1)]
    at <- which(d <= reach * (1 + 1.5e-8))
    sqrt(length(at) / (length(at) + 1)) * (y[i] - mean(y[at]))
  })
}
resid <- function(x, y, w, o, vce, J) {
  if (vce == "nn") return(near(x, y, J))
  B <- bread(x, w, o); R <- design(x, o)
  e <- as.numeric(y - R %*% B %*% t(R) %*% (w * y)); H <- rowSums((R %*% B) * (R * w))
  switch(vce, hc0 = e, hc1 = e * sqrt(length(x) / (length(x) - o - 1)), hc2 = e / sqrt(1 - H), hc3 = e / (1 - H))
}
pilot <- function(x, y, fw, o, nu, oB, hV, hB, scale, vce, J, K) {
  k <- fw * K(x / hV) > 0; X <- x[k]; Y <- y[k]; W <- (fw * K(x / hV))[k]
  R <- design(X, o); B <- bread(X, W, o); e <- resid(X, Y, W, o, vce, J)
  V <- (B %*% t(R * W * e) %*% (R * W * e) %*% B)[nu + 1, nu + 1]
  const <- (diag(hV^(0:o), o + 1) %*% B %*% t(R) %*% (W * (X / hV)^(o + 1)))[nu + 1]
  k <- fw * K(x / hB) > 0; X <- x[k]; Y <- y[k]; W <- (fw * K(x / hB))[k]
  R <- design(X, oB); B <- bread(X, W, oB); beta <- B %*% t(R) %*% (W * Y)
  reg <- 0
  if (scale) { e <- resid(X, Y, W, oB, vce, J); reg <- 3 * const^2 * (B %*% t(R * W * e) %*% (R * W * e) %*% B)[o + 2, o + 2] }
  list(V = (2 * nu + 1) * hV^(2 * nu + 1) * V, B = sqrt(2 * (o + 1 - nu)) * const * beta[o + 2], R = 2 * (o + 1 - nu) * reg, rate = 1 / (2 * o + 3))
}
bands <- function(x, y, fw, vce, J, kernel) {
  K <- kern[[kernel]]; C <- c(triangular = 2.576, epanechnikov = 2.34, uniform = 1.843)[[kernel]]
  l <- x < 0; reach <- max(abs(range(x))); N <- length(unique(x[l])) + length(unique(x[!l]))
  least <- 0
  if (max(1 - length(unique(x[l])) / sum(l), 1 - length(unique(x[!l])) / sum(!l)) >= 0.1)
    least <- max(sapply(list(x[l], x[!l]), function(s) { s <- sort(unique(abs(s))); s[min(10, length(s))] })) * (1 + 1e-8)
  cap <- function(h) max(min(h, reach), least)
  c0 <- cap(C * min(sd(x), diff(quantile(x, c(0.25, 0.75), type = 2)) / 1.349) * N^(-1 / 5))
  two <- function(o, nu, oB, hl, hr, scale) {
    a <- pilot(x[l], y[l], fw[l], o, nu, oB, c0, hl, scale, vce, J, K); b <- pilot(x[!l], y[!l], fw[!l], o, nu, oB, c0, hr, scale, vce, J, K)
    cap(((a$V + b$V) / ((b$B - a$B)^2 + a$R + b$R))^a$rate)
  }
  pad <- 1 + sqrt(.Machine$double.eps)
  d <- two(3, 3, 4, max(abs(x[l])) * pad, max(x[!l]) * pad, FALSE)
  b <- two(2, 2, 3, d, d, TRUE)
  c(h = two(1, 0, 2, b, b, TRUE), b = b)
}
effect <- function(x, y, fw, h, b, vce, J, kernel) {
  K <- kern[[kernel]]
  side <- function(x, y, fw) {
    k <- abs(x) <= max(h, b); Wh <- (fw * K(x / h))[k]; Wb <- (fw * K(x / b))[k]; k2 <- Wh > 0 | Wb > 0
    X <- x[k][k2]; Y <- y[k][k2]; Wh <- Wh[k2]; Wb <- Wb[k2]
    Rp <- design(X, 1); Rq <- design(X, 2)
    Bp <- solve(t(Rp) %*% diag(Wh) %*% Rp); Bq <- solve(t(Rq) %*% diag(Wb) %*% Rq)
    L <- t(Rp) %*% (Wh * (X / h)^2)
    Q <- t(Rp * Wh) - h^2 * L %*% t(c(0, 0, 1)) %*% Bq %*% t(Rq * Wb)
    ep <- if (vce == "nn") near(X, Y, J) else resid2(X, Y, Wh, 1, vce); eq <- if (vce == "nn") ep else resid2(X, Y, Wb, 2, vce)
    c((Bp %*% t(Rp) %*% (Wh * Y))[1], (Bp %*% Q %*% Y)[1],
      (Bp %*% t(Rp * Wh * ep) %*% (Rp * Wh * ep) %*% Bp)[1, 1], (Bp %*% (Q %*% diag(eq^2) %*% t(Q)) %*% Bp)[1, 1])
  }
  resid2 <- function(X, Y, W, o, vce) {
    R <- design(X, o); B <- solve(t(R) %*% diag(W) %*% R); e <- as.numeric(Y - R %*% B %*% t(R) %*% (W * Y)); H <- rowSums((R %*% B) * (R * W))
    switch(vce, hc0 = e, hc1 = e * sqrt(length(X) / (length(X) - o - 1)), hc2 = e / sqrt(1 - H), hc3 = e / (1 - H))
  }
  a <- side(x[x < 0], y[x < 0], fw[x < 0]); c <- side(x[x >= 0], y[x >= 0], fw[x >= 0])
  c(conventional = c[1] - a[1], robust = c[2] - a[2], conventionalSe = sqrt(a[3] + c[3]), robustSe = sqrt(a[4] + c[4]))
}
one <- function(x, fw, vce, kernel, J = 3) {
  o <- order(x); b <- bands(x[o], y[o], fw[o], vce, J, kernel)
  as.list(c(b, effect(x[o], y[o], fw[o], b["h"], b["b"], vce, J, kernel)))
}
u <- rep(1, n)
expected <- list(nn_triangular = one(x, u, "nn", "triangular"), nn_epanechnikov = one(x, u, "nn", "epanechnikov"), nn_uniform = one(x, u, "nn", "uniform"),
  hc0_triangular = one(x, u, "hc0", "triangular"), hc1_triangular = one(x, u, "hc1", "triangular"), hc2_triangular = one(x, u, "hc2", "triangular"),
  hc3_triangular = one(x, u, "hc3", "triangular"), weighted_nn_triangular = one(x, w, "nn", "triangular"), discrete_nn_triangular = one(xi, u, "nn", "triangular"))
block <- function(x) paste0("{", paste0('"', sub("\\..*", "", names(x)), '": ', sapply(x, function(v) if (is.list(v)) block(v) else formatC(v, digits = 17, format = "g")), collapse = ", "), "}")
cat(block(expected), "\n", file = "expected.json")
