import { describe, expect, it } from "vitest";
import { filesUnder, textOf } from "./repository.ts";

/** Ways to this machine and its network that do not go through the ports. */
const OWN_WAY =
  /from "node:(fs|fs\/promises|child_process|net|tls|http|http2|https|dns|dns\/promises|dgram|worker_threads|vm)"|import\("(undici|@duckdb[^"]*|pg|mysql2[^"]*)"\)|process\.env|globalThis\.fetch|(^|[^.\w])fetch\(/m;

/**
 * The bot runs sources with configs of strangers. A file here uses a way of its own; each refuses it, or keeps to the
 * bounds, when `ports.confinement` is there (docs/sources.md, "In the bot").
 */
const KNOWN: Readonly<Record<string, string>> = {
  "src/sources/file/open.ts": "src/sources/file/source.ts",
  "src/sources/http/auth/google-key.ts": "src/sources/http/auth/google-key.ts",
  "src/sources/http/auth/identity-file.ts": "src/sources/http/auth/identity-file.ts",
  "src/sources/http/tls.ts": "src/sources/http/tls.ts",
  "src/sources/http/transport.ts": "src/sources/http/transport.ts",
};

describe("a source that is confined", () => {
  const own = filesUnder("src/sources").filter((file) => file.endsWith(".ts") && OWN_WAY.test(textOf(file)));

  it("reaches files and networks in known places only", () => {
    expect(own).toEqual(Object.keys(KNOWN));
  });

  it.each(Object.entries(KNOWN))("%s is guarded", (_file, guard) => {
    expect(textOf(guard)).toMatch(/requireOwnMachine\(|confinement !== undefined/);
  });
});

describe("the bot", () => {
  it("asks for what a config names through one door", () => {
    const strays = filesUnder("src/bot").filter(
      (file) => file.endsWith(".ts") && !file.startsWith("src/bot/net/") && /from "undici"/.test(textOf(file)),
    );
    expect(strays).toEqual([]);
  });
});
