import { Buffer } from "node:buffer";
import { join } from "node:path";
import * as zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PanelFile, readPanel } from "../../../../src/sources/file/panel.ts";

const DATA = join(import.meta.dirname, "data");

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function read(text: string | Uint8Array, options: { treated?: string[]; pieces?: number } = {}): Promise<PanelFile> {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const { treated, pieces = 65_536 } = options;
  return readPanel({
    stream: inPieces(bytes, pieces),
    name: "errors.csv",
    ...(treated === undefined ? {} : { treated }),
  });
}

function plain(panel: PanelFile): unknown[] {
  return panel.series.map((one) => [one.unit, one.group, [...one.times], [...one.values]]);
}

const SMALL = "time,unit,group,value\n100,a,treated,1.5\n100,b,control,2\n160,a,treated,-0.25\n160,b,control,1e-3\n";
const SMALL_SERIES = [
  ["a", "treated", [100, 160], [1.5, -0.25]],
  ["b", "control", [100, 160], [2, 0.001]],
];

describe("a panel file is read the same", () => {
  test.each([
    ["plainly", SMALL],
    ["with CRLF", SMALL.replaceAll("\n", "\r\n")],
    ["with a byte order mark", `\uFEFF${SMALL}`],
    ["with a byte order mark before a quote", `\uFEFF${SMALL.replace("time", '"time"')}`],
    ["as TSV", SMALL.replaceAll(",", "\t")],
    ["without a last line break", SMALL.trimEnd()],
    ["with blank lines", `${SMALL.replace("100,b", "\n\n100,b")}\n\n`],
    ["with quotes around everything", SMALL.replace(/[^,\n]+/g, '"$&"')],
    ["with blanks around the cells", SMALL.replaceAll(",", " , ")],
    [
      "with ISO times",
      SMALL.replaceAll("\n100", "\n1970-01-01T00:01:40Z").replaceAll("\n160", "\n1970-01-01T02:02:40+02:00"),
    ],
    [
      "with columns in another order",
      "value,group,extra,unit,time\n1.5,treated,x,a,100\n2,control,y,b,100\n-0.25,treated,z,a,160\n1e-3,control,,b,160\n",
    ],
  ])("%s", async (_name, text) => {
    expect(plain(await read(text))).toEqual(SMALL_SERIES);
  });

  test("whatever pieces the bytes arrive in", async () => {
    const text = `\uFEFF${SMALL.replace("time", '"time"').replaceAll("a,treated", '"a","treated"').replaceAll("\n", "\r\n")}`;
    for (let pieces = 1; pieces < 40; pieces += 1) {
      expect(plain(await read(text, { pieces }))).toEqual(SMALL_SERIES);
    }
  });

  test("compressed with gzip, in one or several members", async () => {
    expect(plain(await read(zlib.gzipSync(SMALL)))).toEqual(SMALL_SERIES);
    const members = Buffer.concat([zlib.gzipSync(SMALL.slice(0, 30)), zlib.gzipSync(SMALL.slice(30))]);
    expect(plain(await read(members, { pieces: 7 }))).toEqual(SMALL_SERIES);
  });

  test.skipIf(!("zstdCompressSync" in zlib))("compressed with zstd (where this version of Node can)", async () => {
    expect(plain(await read(zlib.zstdCompressSync(SMALL)))).toEqual(SMALL_SERIES);
  });
});

describe("cells", () => {
  test("quoted units may hold commas, line breaks and doubled quotes", async () => {
    const unit = 'rack "7", row 2\nleft';
    const cell = `"${unit.replaceAll('"', '""')}"`;
    const text = `time,unit,group,value\n1,${cell},treated,1\n2,${cell},treated,2\n3,plain,control,3\n`;
    for (const pieces of [1, 5, 4096]) {
      const { series, rows } = await read(text, { pieces });
      expect(series.map((one) => one.unit)).toEqual([unit, "plain"]);
      expect(rows).toBe(3);
    }
  });

  test("an empty cell and the ways to write not-a-number are NaN, never zero", async () => {
    const cells = ["", "NaN", "nan", "NA", '""', "null"];
    const text = `time,unit,group,value\n${cells.map((cell, index) => `${index},a,treated,${cell}\n`).join("")}`;
    expect([...((await read(text)).series[0]?.values ?? [])]).toEqual(cells.map(() => Number.NaN));
  });

  test("numbers are those of JavaScript to the last bit, times too", async () => {
    const number = fc.oneof(
      fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value.toFixed(6)),
      fc.integer().map(String),
      fc.constantFrom(
        "-0",
        "+5",
        ".5",
        "5.",
        "00012.50",
        "123456789012345678",
        "0.1234567890123456789",
        "1E5",
        "Inf",
        "-inf",
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 20 }), async (texts) => {
        const file = `time,unit,group,value\n${texts.map((text, index) => `${index},a,treated,${text}\n`).join("")}`;
        const expected = texts.map((text) => Number(text.replace(/^([+-]?)inf$/i, "$1Infinity")));
        expect([...((await read(file)).series[0]?.values ?? [])]).toEqual(expected);
      }),
      { numRuns: 60 },
    );
    const instant = fc.date({ min: new Date("1900-01-01"), max: new Date("2200-01-01"), noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(fc.array(instant, { minLength: 1, maxLength: 20 }), async (dates) => {
        const file = `time,unit,group,value\n${dates.map((date) => `${date.toISOString()},a,treated,1\n`).join("")}`;
        const times = [...((await read(file)).series[0]?.times ?? [])].map((time) => Math.round(time * 1000));
        expect(times).toEqual(dates.map((date) => date.getTime()));
      }),
      { numRuns: 60 },
    );
  });

  test("stamps out of order and repeated ones are passed on as they stand", async () => {
    const { series } = await read("time,unit,group,value\n3,a,treated,1\n1,a,treated,2\n3,a,treated,4\n");
    expect(plain({ series, rows: 3, columns: [], subgroupColumn: null, deployedAt: null, unknownTreated: [] })).toEqual(
      [["a", "treated", [3, 1, 3], [1, 2, 4]]],
    );
  });

  test.each(["subgroup", "by"])("a column %s splits the rows of a unit", async (column) => {
    const { series, subgroupColumn } = await read(
      `time,unit,group,value,${column}\n1,a,treated,1,x\n1,a,treated,2,y\n2,a,treated,3,x\n1,b,control,4,\n`,
    );
    expect(subgroupColumn).toBe(column);
    expect(series.map(({ unit, subgroup, values }) => [unit, subgroup, [...values]])).toEqual([
      ["a", "x", [1, 3]],
      ["a", "y", [2]],
      ["b", "", [4]],
    ]);
  });

  test("without such a column a series is the whole unit", async () => {
    const { series, subgroupColumn } = await read("time,unit,group,value\n1,a,treated,1\n");
    expect(subgroupColumn).toBeNull();
    expect(series[0]).not.toHaveProperty("subgroup");
  });

  test("weights come along when there is such a column", async () => {
    const { series } = await read("time,unit,group,value,weight\n1,a,treated,0.5,10\n2,a,treated,0.25,\n");
    expect(series[0]?.weights).toEqual(Float64Array.of(10, Number.NaN));
  });
});

describe("groups", () => {
  test("treated units may be named by the caller; names that no row has are returned", async () => {
    const text = "time,unit,value\n1,a,1\n1,b,2\n";
    const panel = await read(text, { treated: ["b", "bb"] });
    expect(panel.series.map((one) => [one.unit, one.group])).toEqual([
      ["a", "control"],
      ["b", "treated"],
    ]);
    expect(panel.unknownTreated).toEqual(["bb"]);
  });

  test("named units outrank the group column", async () => {
    const panel = await read(SMALL, { treated: ["b"] });
    expect(panel.series.map((one) => one.group)).toEqual(["control", "treated"]);
  });
});

describe("a file that cannot be used says where and what to change", () => {
  const head = "time,unit,group,value\n";
  const cases: readonly [string, string | Uint8Array, string, RegExp, RegExp][] = [
    [
      "a wrong number",
      `${head}1,a,treated,1\n2,a,treated,12ms\n`,
      "FILE_MALFORMED",
      /^errors\.csv, line 3, column 13: the value "12ms" is not a number\.$/,
      /number/,
    ],
    [
      "a decimal comma",
      `${head}1,a,treated,"1,5"\n`,
      "FILE_MALFORMED",
      /line 2, column 14: the value "1,5"/,
      /decimals with a point/,
    ],
    [
      "a time that is none",
      `${head}yesterday,a,treated,1\n`,
      "BAD_TIME",
      /line 2, column 1: the time "yesterday" is not a time/,
      /epoch seconds/,
    ],
    [
      "a time without a zone",
      `${head}2026-01-31T13:05:00,a,treated,1\n`,
      "BAD_TIME",
      /has no time zone/,
      /2026-01-31T13:05:00Z/,
    ],
    [
      "a day that does not exist",
      `${head}2026-02-30T13:05:00Z,a,treated,1\n`,
      "BAD_TIME",
      /is not a day and time that exists/,
      /zone/,
    ],
    [
      "milliseconds",
      `${head}1767571200000,a,treated,1\n`,
      "BAD_TIME",
      /too large for epoch seconds/,
      /not milliseconds/,
    ],
    ["an empty time", `${head},a,treated,1\n`, "BAD_TIME", /the time "" is empty/, /epoch seconds/],
    [
      "a group that is none",
      `${head}1,a,canary,1\n`,
      "FILE_MALFORMED",
      /line 2, column 5: the group "canary" is neither treated nor control/,
      /treated or control/,
    ],
    [
      "a unit in both groups",
      `${head}1,a,treated,1\n2,b,control,1\n3,a,control,1\n`,
      "FILE_MALFORMED",
      /line 4, .*the unit "a" is control here and treated before/,
      /one group/,
    ],
    ["an empty unit", `${head}1,,treated,1\n`, "FILE_MALFORMED", /the unit is empty/, /unit/],
    [
      "a negative weight",
      "time,unit,group,value,weight\n1,a,treated,1,-2\n",
      "FILE_MALFORMED",
      /line 2, column 15: the weight -2 is negative/,
      /0 or more/,
    ],
    [
      "a short row",
      `${head}1,a,treated\n`,
      "FILE_MALFORMED",
      /line 2: the row has 3 fields, the header has 4/,
      /as many fields/,
    ],
    [
      "a quote that stays open",
      `${head}1,"a,treated,1\n2,b,control,1\n`,
      "FILE_MALFORMED",
      /line 2: a quote is opened and never closed/,
      /Close it/,
    ],
    [
      "text after a closing quote",
      `${head}1,"a"x,treated,1\n`,
      "FILE_MALFORMED",
      /line 2: text follows the closing quote/,
      /""/,
    ],
    [
      "a column twice",
      "time,unit,group,value,value\n",
      "FILE_MALFORMED",
      /line 1: the header names the column "value" twice/,
      /name of its own/,
    ],
    [
      "a missing column",
      "Time,unit,group,value\n",
      "MISSING_COLUMN",
      /no column `time`; it has the columns "Time", "unit"/,
      /Rename the column "Time" to `time`/,
    ],
    ["semicolons", "time;unit;group;value\n", "MISSING_COLUMN", /no column `time`/, /commas or tabs/],
    ["no group", "time,unit,value\n", "MISSING_COLUMN", /no column `group`/, /--treated/],
    ["no header", "1,a,treated,1\n", "MISSING_COLUMN", /it has the columns "1", "a"/, /needs the columns time, unit/],
    ["nothing at all", "", "FILE_MALFORMED", /is empty, not even a header/, /header/],
    ["UTF-16", Buffer.from(`\uFEFF${SMALL}`, "utf16le"), "FILE_MALFORMED", /is UTF-16/, /UTF-8/],
    [
      "Latin-1",
      Buffer.from(`${head}1,Zürich,treated,1\n`, "latin1"),
      "FILE_MALFORMED",
      /line 2, column 3: the text is not UTF-8/,
      /UTF-8/,
    ],
    ["a spreadsheet", Buffer.from("PK\u0003\u0004rest"), "FILE_MALFORMED", /spreadsheet/, /CSV/],
    [
      "a cut gzip file",
      zlib.gzipSync(SMALL).subarray(0, 40),
      "FILE_MALFORMED",
      /cannot be decompressed to its end/,
      /again/,
    ],
    [
      "a cut Parquet file",
      Buffer.from("PAR1 and nothing else"),
      "FILE_MALFORMED",
      /cannot be read as Parquet/,
      /again/,
    ],
  ];
  test.each(cases)("%s", async (_name, text, code, message, hint) => {
    await expect(read(text)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  test("lines are counted through quoted line breaks", async () => {
    const text = `${head}1,"a\nb",treated,1\n2,c,control,oops\n`;
    await expect(read(text, { pieces: 3 })).rejects.toMatchObject({
      position: { file: "errors.csv", line: 4, column: 13 },
    });
  });

  test("a file that does not exist, and a folder", async () => {
    await expect(readPanel({ path: join(DATA, "none.csv"), name: "none.csv" })).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      message: "none.csv does not exist.",
    });
    await expect(readPanel({ path: DATA, name: "data" })).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      message: "data is a folder, not a file.",
    });
  });

  test("a header without rows is empty, not an error: the analysis says that there are no data", async () => {
    expect(await read(head)).toEqual({
      series: [],
      rows: 0,
      columns: ["time", "unit", "group", "value"],
      subgroupColumn: null,
      deployedAt: null,
      unknownTreated: [],
    });
  });

  test("a unit column that changes with every row is refused before memory is full", async () => {
    const rows = Array.from({ length: 100_001 }, (_, index) => `1,request-${index},control,1\n`).join("");
    await expect(read(head + rows)).rejects.toMatchObject({
      message: expect.stringContaining("more than 100000 different units"),
    });
  });
});

describe("Parquet", () => {
  test("time stamps, nulls and weights", async () => {
    const { series, rows } = await readPanel({ path: join(DATA, "panel.parquet") });
    expect(rows).toBe(120);
    expect(series.map((one) => [one.unit, one.group, one.times.length])).toEqual([
      ["zone-a", "treated", 40],
      ["zone-b", "control", 40],
      ["zone-c", "control", 40],
    ]);
    expect([...(series[1]?.times ?? [])].slice(0, 2)).toEqual([1_767_571_200, 1_767_571_260]);
    expect([...(series[1]?.values ?? [])].slice(2, 5)).toEqual([11.25, Number.NaN, 11.5]);
    expect(series[2]?.weights?.[39]).toBe(139);
  });

  test.skipIf(!("zstdDecompressSync" in zlib))(
    "epoch seconds as big integers, compressed with zstd (where this version of Node can)",
    async () => {
      const first = await readPanel({ path: join(DATA, "panel.parquet") });
      const { series } = await readPanel({ path: join(DATA, "panel-epoch-zstd.parquet") });
      expect(plain({ ...first, series })).toEqual(plain(first));
    },
  );

  test("a time without a zone is refused with its row", async () => {
    await expect(readPanel({ path: join(DATA, "panel-no-zone.parquet"), name: "p.parquet" })).rejects.toMatchObject({
      code: "BAD_TIME",
      message: 'p.parquet, row 1: the time "2026-01-05 00:00:00" has no time zone.',
    });
  });
});
