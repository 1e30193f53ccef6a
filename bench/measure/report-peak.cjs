/**
 * Preloaded into a measured process (`node --require`): writes the peak resident memory in bytes to descriptor 3 when the
 * process ends. Linux counts the peak of the very process in /proc; elsewhere getrusage has to do, whose peak may include
 * what the parent had when it started this process.
 */
const { readFileSync, writeSync } = require("node:fs");

process.on("exit", () => {
  writeSync(3, String(peakBytes()));
});

function peakBytes() {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}
