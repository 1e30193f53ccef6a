/**
 * A small fleet's telemetry, the same on every machine: ten zones, one day, a point every 30 s. It holds what real data
 * hold: a counter with restarts, a histogram, a gap, a NaN, and a zone whose last points are late.
 */
export const STEP = 30;
/** 2026-01-05T00:00:00Z */
export const START = 1_767_571_200;
export const END = START + 86_400;
export const ZONES = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map((letter) => `zone-${letter}`);
export const BUCKETS = ["0.1", "0.5", "1", "+Inf"];

export const GAP = { zone: "zone-b", from: START + 36_000, to: START + 39_600 };
export const NAN = { zone: "zone-c", at: START + 50_010 };
/** The last 20 minutes of this zone have not arrived. */
export const LATE = { zone: "zone-j", from: END - 1200 };

export interface Sample {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly time: number;
  readonly value: string;
}

export function trackOf(zone: string): "treated" | "control" {
  return ZONES.indexOf(zone) < 4 ? "treated" : "control";
}

/** Numerical Recipes' linear congruential generator: enough for noise that is the same everywhere. */
function makeNoise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export function* latencySamples(): Generator<Sample> {
  for (const [index, zone] of ZONES.entries()) {
    const noise = makeNoise(index + 1);
    for (let time = START; time <= END; time += STEP) {
      const value = 0.2 + 0.01 * index + 0.05 * Math.sin((time - START) / 13_750) + 0.02 * noise();
      if (isMissing(zone, time)) continue;
      const text = zone === NAN.zone && time === NAN.at ? "NaN" : value.toFixed(9);
      yield { metric: "shop_latency_seconds", labels: { zone, track: trackOf(zone) }, time, value: text };
    }
  }
}

function isMissing(zone: string, time: number): boolean {
  const inGap = zone === GAP.zone && time >= GAP.from && time < GAP.to;
  return inGap || (zone === LATE.zone && time >= LATE.from);
}

/** Every zone restarts once, at its own hour, and counts from zero again. */
export function* requestSamples(): Generator<Sample> {
  for (const [index, zone] of ZONES.entries()) {
    const noise = makeNoise(100 + index);
    let total = 0;
    for (let time = START; time <= END; time += STEP) {
      total = time === START + 3600 * (8 + index) ? 0 : total + Math.round(100 + 20 * noise());
      yield { metric: "shop_requests_total", labels: { zone, track: trackOf(zone) }, time, value: String(total) };
    }
  }
}

export function* bucketSamples(): Generator<Sample> {
  for (const [index, zone] of ZONES.entries()) {
    for (const [position, le] of BUCKETS.entries()) {
      for (let time = START; time <= END; time += STEP) {
        const count = ((time - START) / STEP) * (position + 1) * (index + 2);
        const labels = { zone, track: trackOf(zone), le };
        yield { metric: "shop_duration_seconds_bucket", labels, time, value: String(count) };
      }
    }
  }
}

/** The families in the order in which OpenMetrics wants them: each one's samples together. */
export const FAMILIES = [
  { name: "shop_latency_seconds", type: "gauge", samples: latencySamples },
  { name: "shop_requests", type: "counter", samples: requestSamples },
  { name: "shop_duration_seconds", type: "histogram", samples: bucketSamples },
] as const;

/** Text exposition; Prometheus' backfill counts in seconds, VictoriaMetrics' import in milliseconds. */
export function* exposition(unit: "seconds" | "milliseconds"): Generator<string> {
  for (const family of FAMILIES) {
    if (unit === "seconds") yield `# TYPE ${family.name} ${family.type}\n`;
    for (const { metric, labels, time, value } of family.samples()) {
      const list = Object.entries(labels).map(([name, text]) => `${name}="${text}"`);
      yield `${metric}{${list.join(",")}} ${value} ${unit === "seconds" ? time : time * 1000}\n`;
    }
  }
  if (unit === "seconds") yield "# EOF\n";
}

export function* latencyCsv(): Generator<string> {
  yield "time,zone,track,value\n";
  for (const { labels, time, value } of latencySamples()) yield `${time},${labels.zone},${labels.track},${value}\n`;
}
