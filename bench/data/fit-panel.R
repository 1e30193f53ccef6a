# Measured program: FILE RUNS reads the columns that the benchmark wrote and prints, as JSON, the processor milliseconds of
# taking unit and period effects out of outcome and treatment (collapse, compiled) and regressing one on the other.
# `fhdwithin` needs the package fixest for two effects; without it collapse's own compiled `fwithin` takes turns until no
# value moves by more than 1e-9 of the column's size; on a balanced panel once each is exact.
args <- commandArgs(trailingOnly = TRUE)
suppressMessages(library(collapse))
read <- function(name, what, size) {
  path <- paste0(args[1], ".", name)
  readBin(path, what, n = file.size(path) / size, size = size)
}
unit <- qF(read("unit", "integer", 4) + 1L)
time <- qF(read("time", "integer", 4) + 1L)
x <- list(y = read("outcome", "double", 8), d = read("treatment", "double", 8))
has_fixest <- requireNamespace("fixest", quietly = TRUE)
is_balanced <- length(x$y) == fnlevels(unit) * fnlevels(time)
alternating <- function(column) {
  if (is_balanced) return(fwithin(fwithin(column, unit), time))
  scale <- 1e-9 * fsd(column)
  column <- fwithin(column, unit)
  repeat {
    by_time <- fwithin(column, time)
    next_column <- fwithin(by_time, unit)
    # the size of the last step bounds what the next ones can still move
    if (max(abs(range(next_column - by_time))) <= scale) return(next_column)
    column <- next_column
  }
}
centre <- if (has_fixest) function(column) fhdwithin(column, list(unit, time)) else alternating
fit <- function() {
  y <- centre(x$y)
  d <- matrix(centre(x$d), ncol = 1)
  flm(y, d)[1]
}
milliseconds <- numeric()
for (run in seq_len(as.integer(args[2]))) {
  used <- system.time(estimate <- fit(), gcFirst = FALSE)
  milliseconds <- c(milliseconds, 1000 * (used[[1]] + used[[2]]))
}
status <- tryCatch(readLines("/proc/self/status"), error = function(e) character())
peak <- as.numeric(gsub("[^0-9]", "", grep("^VmHWM", status, value = TRUE))) * 1024
cat(sprintf(
  '{"milliseconds":[%s],"estimate":%.17g,"peakBytes":%.0f,"demeaning":"%s","version":"%s","r":"%s.%s"}',
  paste(sprintf("%.1f", milliseconds), collapse = ","), estimate, if (length(peak)) peak else NaN,
  if (has_fixest) "fhdwithin" else "fwithin", as.character(packageVersion("collapse")), R.version$major, R.version$minor))
