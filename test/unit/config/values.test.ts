import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../../src/config/duration.ts";
import { parseMargin } from "../../../src/config/margin.ts";
import { resolveTemplate } from "../../../src/config/template.ts";
import { parseTime, requireTime } from "../../../src/config/time.ts";

describe("durations", () => {
  it.each([
    ["90s", 90],
    ["30m", 1800],
    ["2h", 7200],
    ["1d", 86_400],
    ["1.5h", 5400],
    ["60", 60],
    [60, 60],
    [0, 0],
  ])("%s is %d seconds", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(["", "h", "5 minutes", "-5m", "1h30m", "NaN", "1e9", "99999d", Number.NaN, Number.POSITIVE_INFINITY, -1])(
    "%s is none",
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  it("are written in their shortest exact form", () => {
    expect([0, 45, 90, 5400, 7200, 172_800].map(formatDuration)).toEqual(["0s", "45s", "90s", "90m", "2h", "2d"]);
  });
});

describe("times", () => {
  const noon = Date.UTC(2026, 2, 10, 12) / 1000;

  it.each([
    ["2026-03-10T12:00:00Z"],
    ["2026-03-10T12:00Z"],
    ["2026-03-10 12:00:00Z"],
    ["2026-03-10T13:00:00+01:00"],
    ["2026-03-10T07:30:00-0430"],
    [String(noon)],
    [noon],
  ])("%s", (text) => {
    expect(parseTime(text)).toEqual({ ok: true, value: noon });
  });

  it("keep fractions of a second", () => {
    expect(parseTime("2026-03-10T12:00:00.250Z")).toEqual({ ok: true, value: noon + 0.25 });
  });

  it.each([
    ["yesterday", "is not a time"],
    ["", "is not a time"],
    ["2026-03-10T12:00:00", "has no time zone"],
    ["2026-03-10", "has no time zone"],
    ["2026-02-30T12:00:00Z", "is not a date that exists"],
    ["2026-13-01T12:00:00Z", "is not a date that exists"],
    ["2026-03-10T25:00:00Z", "is not a date that exists"],
    ["1773144000000", "looks like milliseconds"],
  ])("%j %s", (text, problem) => {
    const time = parseTime(text);
    expect(time.ok ? "" : time.problem).toContain(problem);
  });

  it("that are none are errors of the person who wrote them", () => {
    expect(() => requireTime("soon", "--deployed-at")).toThrow(
      expect.objectContaining({ code: "BAD_TIME", exitCode: 64, message: '--deployed-at: "soon" is not a time.' }),
    );
  });
});

describe("margins", () => {
  it.each([
    ["5%", { type: "relative", value: 0.05, text: "5%" }],
    ["0.1pp", { type: "absolute", value: 0.001, text: "0.1pp" }],
    ["12", { type: "absolute", value: 12, text: "12" }],
    [12, { type: "absolute", value: 12, text: "12" }],
    ["0", { type: "absolute", value: 0, text: "0" }],
  ])("%s", (text, margin) => {
    expect(parseMargin(text, "ratio")).toEqual({ ok: true, value: margin });
  });

  it.each(["-5%", "5 percent", "", "%", "1e999", "5%%"])("%j is none", (text) => {
    expect(parseMargin(text, null).ok).toBe(false);
  });

  it("in percentage points need a share", () => {
    expect(parseMargin("1pp", "gauge").ok).toBe(true);
    expect(parseMargin("1pp", "counter").ok).toBe(false);
  });
});

describe("templates", () => {
  const deployment = {
    environment: "production",
    sha: "a1b2c3d",
    payload: { treated: ["eu-1", 2], wave: { zone: "eu" } },
  };

  it.each([
    ["{{ deployment.payload.treated }}", ["eu-1", "2"]],
    ["{{deployment.payload.wave.zone}}", ["eu"]],
    ["{{ deployment.environment }}", ["production"]],
    ["{{ deployment.sha }}", ["a1b2c3d"]],
  ])("%s", (text, values) => {
    expect(resolveTemplate(text, deployment)).toEqual({ ok: true, values });
  });

  it("read a payload that GitHub stored as text", () => {
    const stored = { ...deployment, payload: '{"treated":"eu-9"}' };
    expect(resolveTemplate("{{ deployment.payload.treated }}", stored)).toEqual({ ok: true, values: ["eu-9"] });
  });

  it.each([
    ["{{ deployment.payload.absent }}", "holds no such value"],
    ["{{ deployment.payload.wave }}", "must hold a text or a list of texts"],
    ["{{ deployment.payload.constructor }}", "holds no such value"],
    ["{{ deployment.payload }}", "refers to something unknown"],
    ["{{ deployment.payload.treated | first }}", "is not a template"],
    ["{{ process.env.TOKEN }}", "is not a template"],
  ])("%s: %s", (text, problem) => {
    const result = resolveTemplate(text, deployment);
    expect(result.ok ? "" : result.problem).toContain(problem);
  });

  it("do not take an empty list for units", () => {
    const empty = resolveTemplate("{{ deployment.payload.treated }}", { ...deployment, payload: { treated: [] } });
    expect(empty.ok).toBe(false);
  });
});
