/**
 * Preloaded into a measured process (`node --require`): writes its peak resident memory (bytes) and processor time
 * (microseconds, all threads) to descriptor 3 when it ends. Linux counts the peak of the very process in /proc; elsewhere getrusage has to do, whose peak may include
 * what the parent had when it started this process.
 */
const { readFileSync, writeSync } = require("node:fs");

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  writeSync(3, JSON.stringify({ peakBytes: peakBytes(), cpuMicroseconds: user + system }));
});

function peakBytes() {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}
