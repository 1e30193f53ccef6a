import { describe, expect, it } from "vitest";
import { FILE, problems, read, refused, SMALLEST } from "./read.ts";

describe("defaults", () => {
  const config = read(SMALLEST);
  const [service] = config.services;

  it("are those of the documentation", () => {
    expect(config).toMatchObject({
      mode: "enforcing",
      comment: "on-change",
      values: null,
      failOn: "regression",
      onInconclusive: "neutral",
      onInvalid: "neutral",
      deployedAt: null,
    });
    expect(service).toMatchObject({
      name: null,
      windows: { pre: 86_400, settle: 300, post: 3600, step: 60 },
      alpha: 0.05,
      inference: "precision-weighted",
      scale: "auto",
      design: "auto",
      looks: 1,
    });
    expect(service?.slis[0]?.role).toBe("guardrail");
  });

  it("take every unit that is not treated as control", () => {
    expect(service?.units.control).toBeNull();
  });

  it("leave the only source under the name of its type", () => {
    expect(Object.keys(service?.sources ?? {})).toEqual(["prometheus"]);
    expect(service?.slis[0]?.source).toBe("prometheus");
  });
});

describe("values", () => {
  it("become seconds, fractions and raw units", () => {
    const config = read(
      SMALLEST.replace("margin: 5%", "margin: 0.1pp").replace(
        "slis:",
        "windows: { pre: 2d, settle: 90, post: 30m, step: 15s }\ndeployed-at: 2026-03-10T09:00:00+01:00\nslis:",
      ),
    );
    expect(config.services[0]?.windows).toEqual({ pre: 172_800, settle: 90, post: 1800, step: 15 });
    expect(config.deployedAt).toBe(Date.UTC(2026, 2, 10, 8) / 1000);
    expect(config.services[0]?.slis[0]?.margin).toEqual({ type: "absolute", value: 0.001, text: "0.1pp" });
  });

  it("of matches are texts, lists and regular expressions", () => {
    const config = read(SMALLEST.replace("zone: [eu-1, eu-2]", "zone: { regex: eu-.* }, cell: 7, live: true"));
    expect(config.services[0]?.units.treated).toEqual({
      type: "match",
      match: {
        zone: { type: "regex", pattern: "eu-.*" },
        cell: { type: "any-of", values: ["7"] },
        live: { type: "any-of", values: ["true"] },
      },
    });
  });

  it("may be shared with anchors", () => {
    const config = read(
      SMALLEST.replace(
        "margin: 5%",
        "margin: &tolerated 7%\n  - { id: b, kind: gauge, query: q, worse: up, margin: *tolerated }",
      ),
    );
    expect(config.services[0]?.slis.map((sli) => sli.margin?.text)).toEqual(["7%", "7%"]);
  });

  it("change the hash with every character", () => {
    expect(read(SMALLEST).hash).toMatch(/^[0-9a-f]{64}$/);
    expect(read(`${SMALLEST}# \n`).hash).not.toBe(read(SMALLEST).hash);
  });
});

describe("version", () => {
  it("must be stated", () => {
    const error = refused(SMALLEST.replace("version: 1\n", ""));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain("`version: 1` is missing");
  });

  it("of another release is refused with a sentence, whatever else the file holds", () => {
    expect(problems("version: 2\nwhatever: 1\n")).toEqual([
      '1:10 version: "2" is not a config format that this release reads; it reads version 1.',
    ]);
  });
});

describe("syntax", () => {
  it("errors name file, line and column", () => {
    const error = refused("version: 1\nslis:\n  - id: a\n   kind: gauge\n");
    expect(error.code).toBe("CONFIG_SYNTAX");
    expect(error.exitCode).toBe(64);
    expect(error.position).toEqual({ file: FILE, line: 4, column: 1 });
  });

  it("errors that follow from the first one are not reported", () => {
    const bracket = "version: 1\nslis: [\n  - { id: a, kind: gauge }\n  - id: b\n    kind: gauge\n";
    expect(problems(bracket)).toEqual(["3:3 Block collections are not allowed within flow collections."]);
  });

  it("errors that do not follow from one another are all reported", () => {
    expect(problems("version: 1\nmode: advisory\nmode: enforcing\nalpha: 1\nalpha: 2\na: [1, 2\n")).toHaveLength(3);
  });

  it("does not allow a key twice", () => {
    expect(problems("version: 1\nmode: advisory\nmode: enforcing\n")).toEqual(["3:1 Map keys must be unique."]);
  });

  it.each(["", "# nothing\n", "- 1\n", "text\n"])("refuses what is not a map: %j", (text) => {
    expect(refused(text).code).toBe("CONFIG_SYNTAX");
  });

  it("accepts a byte order mark and CRLF", () => {
    expect(read(`\uFEFF${SMALLEST.replaceAll("\n", "\r\n")}`).services).toHaveLength(1);
  });
});

describe("hostile input", () => {
  it("cannot multiply aliases without end", () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`,
    );
    const error = refused(`version: 1\na0: &a0 [x]\n${levels.join("\n")}\n`);
    expect(error.code).toBe("CONFIG_SYNTAX");
    expect(error.message).toContain("20000 entries");
  });

  it("cannot refer to itself for ever", () => {
    expect(refused("version: 1\na: &a [*a]\n").code).toBe("CONFIG_SYNTAX");
  });

  it("cannot be nested without end", () => {
    expect(refused(`version: 1\na: ${"[".repeat(5000)}${"]".repeat(5000)}\n`).code).toBe("CONFIG_SYNTAX");
  });

  it("cannot be huge", () => {
    const error = refused(`version: 1\n${"# padding\n".repeat(30_000)}`);
    expect(error.message).toContain("a config may have 262144");
  });

  it("cannot reach the prototype", () => {
    expect(problems(`${SMALLEST}__proto__: { mode: advisory }\n`)[0]).toContain('Unknown key "__proto__"');
  });
});

describe("unknown keys", () => {
  it("name the nearest known key, with line and column", () => {
    expect(problems(SMALLEST.replace("margin: 5%", "marign: 5%"))).toEqual([
      '9:5 Unknown key "marign" in slis.latency; did you mean "margin"?',
    ]);
    expect(problems(`${SMALLEST}windows: { per: 1h }\n`)).toEqual([
      '10:12 Unknown key "per" in windows; did you mean "pre"?',
    ]);
  });

  it("are found in environments and services too", () => {
    const text = `${SMALLEST}environments:\n  staging: { alpa: 0.1 }\nservices:\n  checkout: { path: [a] }\n`;
    expect(problems(text)).toEqual([
      '11:14 Unknown key "alpa" in environments.staging; did you mean "alpha"?',
      '13:15 Unknown key "path" in services.checkout; did you mean "paths"?',
    ]);
  });

  it("of a source name that source's keys", () => {
    expect(problems(SMALLEST.replace("url:", "ulr:"))).toContain(
      '2:29 Unknown key "ulr" in source; did you mean "url"?',
    );
  });

  it("that resemble nothing list what is known", () => {
    const error = refused(`${SMALLEST}windows: { qqqqqq: 1h }\n`);
    expect(error.message).not.toContain("did you mean");
    expect(error.hint).toContain("pre, settle, post, step");
  });
});

describe("wrong values", () => {
  it.each([
    ["mode: enforce", 'mode: "enforce" is not allowed; did you mean "enforcing"?', "enforcing, advisory"],
    ["alpha: 2", "alpha must lie between 0 and 0.5.", ""],
    ["windows: { pre: 24hours }", 'windows.pre: "24hours" is not a duration.', "90s, 30m, 2h or 1d"],
    ["windows: { pre: -5 }", 'windows.pre: "-5" is not a duration.', "90s"],
    ["windows: { step: 0 }", "windows.step must be longer than zero.", ""],
    ["windows: { post: 10s }", "windows.post is shorter than one step.", ""],
    ["deployed-at: yesterday", 'deployed-at: "yesterday" is not a time.', "2026-03-01T14:05:00Z"],
    [
      "deployed-at: 2026-03-10T08:00:00",
      'deployed-at: "2026-03-10T08:00:00" has no time zone.',
      "2026-03-01T14:05:00Z",
    ],
    ["seed: 1.5", 'seed: "1.5" is not a whole number.', ""],
    ["comment: [always]", 'comment: "["always"]" is not allowed.', "on-change, always, never"],
    ["windows:", "windows is empty.", "Write a map of keys, or remove the key"],
    ["exclude: [{ from: 100, to: 50, reason: x }]", "exclude.1.to is not after `from`.", ""],
    ["looks: 0", "looks must be at least 1.", ""],
    ["looks: 21", "looks must be at most 20.", ""],
  ])("%s", (line, message, hint) => {
    const error = refused(`${SMALLEST}${line}\n`);
    expect(error.problems.map((one) => one.message)).toEqual([message]);
    expect(error.hint).toContain(hint);
    expect(error.position?.line).toBe(10);
  });
});

describe("what is missing", () => {
  it("a margin has no default, and validate proposes one", () => {
    const error = refused(SMALLEST.replace("    margin: 5%\n", ""));
    expect(error.message).toBe("slis.latency.margin is missing, and there is no default.");
    expect(error.hint).toContain("deploy-impact validate");
    expect(error.position?.line).toBe(5);
  });

  it.each(["placebo", "informational"])("a margin is not asked of role %s, which blocks nothing", (role) => {
    const config = read(SMALLEST.replace("margin: 5%", `role: ${role}`));
    expect(config.services[0]?.slis[0]?.margin?.value).toBe(0);
  });

  it("several things are all reported, in the order of the file", () => {
    const text =
      "version: 1\nslis:\n  - id: a\n    kind: ratio\n    numerator: x\n  - id: b\n    kind: quantile\n    buckets: y\n";
    expect(problems(text)).toEqual([
      "1:1 source is missing.",
      "1:1 units is missing.",
      "3:5 slis.a.worse is missing.",
      "3:5 slis.a.denominator is missing.",
      "3:5 slis.a.margin is missing, and there is no default.",
      "6:5 slis.b.worse is missing.",
      "6:5 slis.b.quantile is missing.",
      "6:5 slis.b.margin is missing, and there is no default.",
    ]);
  });

  it("a value that was refused is not called missing as well", () => {
    expect(problems(SMALLEST.replace("kind: gauge", "kind: gage"))).toEqual([
      '6:11 slis.latency.kind: "gage" is not allowed; did you mean "gauge"?',
    ]);
  });

  it("no SLI at all", () => {
    expect(problems(SMALLEST.slice(0, SMALLEST.indexOf("slis:")))).toEqual(["1:1 slis: no SLI is named."]);
  });
});

describe("SLIs", () => {
  const withSli = (sli: string): string => `${SMALLEST}  - { id: other, worse: up, margin: 5%, ${sli} }\n`;

  it("may not share an id", () => {
    expect(problems(withSli("kind: gauge, query: q").replace("id: other", "id: latency"))).toEqual([
      '10:11 slis.latency.id: "latency" is used twice.',
    ]);
  });

  it.each([
    ["kind: gauge, numerator: a, denominator: b", "slis.other.numerator does not belong to kind gauge."],
    ["kind: ratio, numerator: a, denominator: b, quantile: 0.5", "slis.other.quantile does not belong to kind ratio."],
    ["kind: quantile, buckets: a, quantile: 95", "slis.other.quantile must lie between 0 and 1, for example 0.95."],
    ["kind: gauge, query: q, source: metrics", 'slis.other.source: there is no source "metrics".'],
    [
      "kind: gauge, query: 'up{a=\"{{ deployment.sha }}\"}'",
      "slis.other.query: templates are not replaced in queries.",
    ],
    [
      "kind: count, query: q, margin: 1pp",
      'slis.other.margin: "1pp" is in percentage points, but a count is not a share.',
    ],
  ])("%s", (sli, message) => {
    const text = sli.includes("margin:")
      ? withSli(sli).replace("margin: 5%, kind: count", "kind: count")
      : withSli(sli);
    expect(refused(text).problems.map((one) => one.message)).toContain(message);
  });

  it("need to choose between several sources", () => {
    const text = SMALLEST.replace(
      /source: .*/,
      "sources: { a: { type: prometheus, url: 'https://a.example' }, b: { type: file, path: b.csv } }",
    );
    expect(problems(text)).toEqual(["5:5 slis.latency.source is missing, and there are several sources."]);
    expect(read(text.replace("id: latency", "id: latency\n    source: b")).services[0]?.slis[0]?.source).toBe("b");
  });

  it("of a file without a query read its value column", () => {
    const text = SMALLEST.replace(/source: .*/, "source: { type: file, path: panel.csv }").replace(
      / {4}query: .*\n/,
      "",
    );
    expect(read(text).services[0]?.slis[0]?.queries).toEqual({ value: "value" });
  });
});

describe("units", () => {
  it("cannot be both a match and a version label", () => {
    const text = SMALLEST.replace("match: { zone: [eu-1, eu-2] }", "match: { zone: eu-1 }, version-label: version");
    expect(problems(text)).toEqual(["3:32 units.treated has both `match` and `version-label`."]);
  });

  it("name a regular expression that is none", () => {
    expect(problems(SMALLEST.replace("[eu-1, eu-2]", "{ regex: '(' }"))[0]).toContain(
      '"(" is not a regular expression.',
    );
  });

  it("take templates of the deployment only, and whole", () => {
    const withValue = (value: string): string => SMALLEST.replace("[eu-1, eu-2]", `'${value}'`);
    expect(read(withValue("{{ deployment.payload.treated }}")).services).toHaveLength(1);
    expect(problems(withValue("eu-{{ deployment.payload.n }}"))[0]).toContain("is not a template");
    expect(problems(withValue("{{ env.HOME }}"))[0]).toContain("is not a template");
    expect(problems(withValue("{{ deployment.creator }}"))[0]).toContain("refers to something unknown");
  });
});

describe("secrets", () => {
  it.each(["token", "password", "api-key"])(
    "%s in the file is refused, with the way out, and never repeated",
    (key) => {
      const error = refused(SMALLEST.replace("token-env: PROM_TOKEN", `${key}: hunter2`));
      expect(error.message).toBe(`source.${key}: a secret must not stand in the config.`);
      expect(error.hint).toMatch(/(token|password)-env: NAME_OF_THE_VARIABLE/);
      expect(error.problems).toHaveLength(1);
      expect(JSON.stringify(error.problems)).not.toContain("hunter2");
    },
  );

  it("are found in environments", () => {
    expect(problems(`${SMALLEST}environments: { staging: { source: { token: hunter2 } } }\n`)).toEqual([
      "10:38 environments.staging.source.token: a secret must not stand in the config.",
    ]);
  });
});

describe("environments", () => {
  const text = `${SMALLEST}environments:
  staging:
    mode: advisory
    windows: { post: 10m }
    source: { url: https://staging.example.com }
    slis: [{ id: latency, margin: 20% }]
  broken:
    windows: { post: 10s }
`;

  it("are merged into maps and into the SLI of the same id", () => {
    const config = read(text.slice(0, text.indexOf("  broken")), "staging");
    expect(config.mode).toBe("advisory");
    expect(config.services[0]?.windows).toEqual({ pre: 86_400, settle: 300, post: 600, step: 60 });
    expect(config.services[0]?.slis).toHaveLength(1);
    expect(config.services[0]?.slis[0]).toMatchObject({ kind: "gauge", margin: { value: 0.2 } });
    expect(config.services[0]?.sources.prometheus?.options).toMatchObject({
      url: "https://staging.example.com",
      "token-env": "PROM_TOKEN",
    });
  });

  it("that are not listed leave the file as it is", () => {
    const config = read(text.slice(0, text.indexOf("  broken")), "production");
    expect(config.mode).toBe("enforcing");
    expect(config.environment).toBe("production");
  });

  it("are validated after merging, the unused ones too, at the line of the override", () => {
    expect(problems(text, "staging")).toEqual(["17:22 windows.post is shorter than one step."]);
  });

  it("replace a source of another type as a whole", () => {
    const other = `${SMALLEST}environments: { local: { source: { type: file, path: x.csv } } }\n`;
    expect(read(other, "local").services[0]?.sources).toMatchObject({
      file: { type: "file", options: { path: "x.csv" } },
    });
  });
});

describe("services", () => {
  const text = `${SMALLEST}services:
  checkout:
    paths: [services/checkout/**]
    windows: { post: 2h }
  search:
    slis: [{ id: hits, kind: count, query: q, worse: down, margin: 10% }]
`;

  it("take over what is stated outside, and change it", () => {
    const { services } = read(text);
    expect(services.map(({ name, windows, slis }) => [name, windows.post, slis.map(({ id }) => id)])).toEqual([
      ["checkout", 7200, ["latency"]],
      ["search", 3600, ["hits"]],
    ]);
  });

  it("may bring everything themselves", () => {
    const alone = `version: 1\nservices:\n  a:\n${SMALLEST.replace("version: 1\n", "").replaceAll(/^/gm, "    ").trimEnd()}\n`;
    expect(read(alone).services).toHaveLength(1);
  });

  it("report what each of them lacks, once", () => {
    expect(problems(text.replace("    margin: 5%\n", ""))).toEqual([
      "5:5 slis.latency.margin is missing, and there is no default.",
    ]);
  });
});
