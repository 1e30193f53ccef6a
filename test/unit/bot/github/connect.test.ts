import { describe, expect, test } from "vitest";
import { limitedUntil } from "../../../../src/bot/github/connect.ts";
import { installationTokens } from "../../../../src/bot/github/tokens.ts";

describe("until when GitHub wants no more requests", () => {
  const NOW = 1_000;
  const cases: readonly [string, number, Record<string, string>, number | null][] = [
    ["a secondary limit says for how long", 403, { "retry-after": "30" }, 1_030],
    ["a primary limit says until when", 403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "4000" }, 4_000],
    [
      "the last request of the hour was answered",
      200,
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "4000" },
      4_000,
    ],
    ["too many requests, without a word", 429, {}, 1_060],
    ["a missing permission is no limit", 403, { "x-ratelimit-remaining": "4000", "x-ratelimit-reset": "4000" }, null],
    ["all is well", 200, { "x-ratelimit-remaining": "1", "x-ratelimit-reset": "4000" }, null],
    ["the limit is over already", 200, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "900" }, null],
    ["a server that has no limits", 200, {}, null],
    ["a server that is busy says when to come back, which is no limit", 503, { "retry-after": "30" }, null],
  ];
  test.each(cases)("%s", (_name, status, headers, until) => {
    expect(limitedUntil({ status, headers }, NOW)).toBe(until);
  });
});

describe("tokens of installations", () => {
  const HOUR = 3_600_000;
  const setUp = () => {
    let clock = 0;
    const asked: number[] = [];
    const app = {
      installationToken: async (id: number) => {
        asked.push(id);
        return { token: `t${asked.length}`, expiresAt: clock + HOUR };
      },
    };
    return { asked, tokens: installationTokens(app, () => clock), at: (ms: number) => (clock = ms) };
  };

  test("many that need one at once cause one request; each installation has its own", async () => {
    const { asked, tokens } = setUp();
    expect(await Promise.all([tokens.current(1), tokens.current(1), tokens.current(2)])).toEqual(["t1", "t1", "t2"]);
    expect(asked).toEqual([1, 2]);
  });

  test("a token is replaced before it ends, once for all that wait", async () => {
    const { asked, tokens, at } = setUp();
    await tokens.current(1);
    at(HOUR - 6 * 60_000);
    expect(await tokens.current(1)).toBe("t1");
    at(HOUR - 4 * 60_000);
    expect(await Promise.all([tokens.current(1), tokens.current(1), tokens.current(1)])).toEqual(["t2", "t2", "t2"]);
    expect(asked).toHaveLength(2);
  });

  test("a refused token is replaced once, however many saw it refused", async () => {
    const { asked, tokens } = setUp();
    const first = await tokens.current(1);
    expect(await Promise.all([tokens.replace(1, first), tokens.replace(1, first)])).toEqual(["t2", "t2"]);
    expect(asked).toHaveLength(2);
  });

  test("a failure is not kept", async () => {
    let fails = true;
    const app = {
      installationToken: async () => {
        if (fails) throw Object.assign(new Error("no"), { status: 404 });
        return { token: "t", expiresAt: HOUR };
      },
    };
    const tokens = installationTokens(app, () => 0);
    await expect(tokens.current(1)).rejects.toMatchObject({ code: "GITHUB_UNINSTALLED" });
    fails = false;
    expect(await tokens.current(1)).toBe("t");
  });
});
