import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

/** One run of a Node program from start to end. */
export interface ProcessRun {
  readonly milliseconds: number;
  /** Processor time of all its threads: what a busy machine cannot lengthen much. */
  readonly cpuMilliseconds: number;
  /** Peak resident memory. */
  readonly peakBytes: number;
  readonly exitCode: number | null;
  readonly stdout: string;
}

export interface NodeProgram {
  /** Executable; the Node that runs the benchmark when left out. */
  readonly node?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are an answer; anything else throws. */
  readonly expected?: readonly number[];
}

const REPORT_END = path.join(import.meta.dirname, "report-end.cjs");

/** Runs a program in a process of its own, with an empty environment, so that nothing of this machine leaks in. */
export async function runNode(program: NodeProgram): Promise<ProcessRun> {
  const started = performance.now();
  const child = spawn(program.node ?? process.execPath, ["--require", REPORT_END, ...program.args], {
    env: { PATH: process.env.PATH ?? "", ...program.env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const [stdout, stderr, end] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    text(child.stdio[3] as Readable),
  ]);
  const [exitCode] = (await ended) as [number | null];
  const milliseconds = performance.now() - started;
  if (exitCode === null || !(program.expected ?? [0]).includes(exitCode)) {
    throw new Error(`${program.args.join(" ")} ended with ${exitCode}: ${stderr.slice(-2000)}`);
  }
  const { peakBytes, cpuMicroseconds } = JSON.parse(end) as { peakBytes: number; cpuMicroseconds: number };
  return { milliseconds, cpuMilliseconds: cpuMicroseconds / 1000, peakBytes, exitCode, stdout };
}

/** Several runs one after the other. */
export async function repeat(program: NodeProgram, runs: number): Promise<ProcessRun[]> {
  const done: ProcessRun[] = [];
  while (done.length < runs) done.push(await runNode(program));
  return done;
}

/** What a measured program printed as one JSON value. */
export function printed<T>(run: ProcessRun): T {
  return JSON.parse(run.stdout) as T;
}
