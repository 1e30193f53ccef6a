import { Buffer } from "node:buffer";

/** A cumulative native histogram at one instant, as an application would expose it. */
export interface NativeSample {
  /** Epoch seconds. */
  readonly time: number;
  /** Buckets grow by 2^(1 / 2^schema); bucket i ends at 2^(i / 2^schema). */
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly sum: number;
  /** Bucket index -> observations. */
  readonly positive: ReadonlyMap<number, number>;
  readonly negative: ReadonlyMap<number, number>;
}

export interface NativeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly NativeSample[];
}

/**
 * Sends native histograms to a server by remote write 1.0: a snappy block of a protobuf WriteRequest.
 * Field numbers are those of prompb/types.proto (WriteRequest 1: timeseries; TimeSeries 1: labels, 4: histograms).
 */
export async function remoteWrite(url: string, series: readonly NativeSeries[]): Promise<void> {
  const message = Buffer.concat(series.map((one) => bytesField(1, timeSeries(one))));
  const response = await fetch(`${url}/api/v1/write`, {
    method: "POST",
    headers: {
      "content-type": "application/x-protobuf",
      "content-encoding": "snappy",
      "x-prometheus-remote-write-version": "0.1.0",
    },
    body: new Uint8Array(snappyLiterals(message)),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
}

function timeSeries({ labels, samples }: NativeSeries): Buffer {
  // The server wants labels in the order of their names.
  const names = Object.keys(labels).sort();
  const pairs = names.map((name) => Buffer.concat([textField(1, name), textField(2, labels[name] ?? "")]));
  return Buffer.concat([
    ...pairs.map((pair) => bytesField(1, pair)),
    ...samples.map((sample) => bytesField(4, histogram(sample))),
  ]);
}

function histogram(sample: NativeSample): Buffer {
  const { positive, negative, zeroCount } = sample;
  const inside = [...positive.values(), ...negative.values()].reduce((sum, count) => sum + count, 0);
  return Buffer.concat([
    varintField(1, BigInt(inside + zeroCount)),
    doubleField(3, sample.sum),
    varintField(4, zigzag(sample.schema)),
    doubleField(5, sample.zeroThreshold),
    varintField(6, BigInt(zeroCount)),
    ...spans(8, 9, negative),
    ...spans(11, 12, positive),
    varintField(15, BigInt(Math.round(sample.time * 1000))),
  ]);
}

/** Runs of neighbouring buckets with the distance to the run before, and counts as differences to the one before. */
function spans(spanField: number, deltaField: number, counts: ReadonlyMap<number, number>): Buffer[] {
  const indexes = [...counts.keys()].sort((a, b) => a - b);
  const runs: { offset: number; length: number }[] = [];
  const deltas: Buffer[] = [];
  let next = 0;
  let previous = 0;
  for (const index of indexes) {
    const run = runs.at(-1);
    if (run !== undefined && index === next) run.length += 1;
    else runs.push({ offset: index - next, length: 1 });
    next = index + 1;
    const count = counts.get(index) ?? 0;
    deltas.push(varint(zigzag(count - previous)));
    previous = count;
  }
  const messages = runs.map(({ offset, length }) =>
    bytesField(spanField, Buffer.concat([varintField(1, zigzag(offset)), varintField(2, BigInt(length))])),
  );
  return deltas.length === 0 ? [] : [...messages, bytesField(deltaField, Buffer.concat(deltas))];
}

function zigzag(value: number): bigint {
  return BigInt(value) >= 0n ? BigInt(value) * 2n : BigInt(value) * -2n - 1n;
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
}

function varintField(field: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(field * 8)), varint(value)]);
}

function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(BigInt(field * 8 + 1)), bytes]);
}

function bytesField(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(field * 8 + 2)), varint(BigInt(content.length)), content]);
}

function textField(field: number, text: string): Buffer {
  return bytesField(field, Buffer.from(text));
}

/** A valid snappy block that compresses nothing: its length, then literals of at most 64 KiB. */
function snappyLiterals(content: Buffer): Buffer {
  const parts = [varint(BigInt(content.length))];
  for (let at = 0; at < content.length; at += 65_536) {
    const piece = content.subarray(at, at + 65_536);
    const size = Buffer.alloc(3);
    // Tag 61: a literal whose length minus one follows in two bytes.
    size.writeUInt8(61 << 2);
    size.writeUInt16LE(piece.length - 1, 1);
    parts.push(size, piece);
  }
  return Buffer.concat(parts);
}
