import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type FleetShape, groupOf, START, unitName, unitValues } from "./fleet.ts";

/** Writes a panel file in the order of time, as an export would: every unit at the first step, then at the second. */
export async function writePanelCsv(file: string, shape: FleetShape): Promise<void> {
  await pipeline(Readable.from(chunks(shape)), createWriteStream(file));
}

function* chunks(shape: FleetShape): Generator<string> {
  const rowOf = Array.from({ length: shape.units }, (_, unit) => `${unitName(unit)},${groupOf(unit, shape)},`);
  const values = rowOf.map((_, unit) => unitValues(unit, shape));
  yield "time,unit,group,value\n";
  for (let t = 0; t < shape.steps; t += 1) {
    const time = new Date((START + t * shape.step) * 1000).toISOString().replace(".000", "");
    yield rowOf.map((row, unit) => `${time},${row}${(values[unit]?.[t] ?? 0).toFixed(3)}\n`).join("");
  }
}
