import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openVault } from "../../../../src/bot/secrets/vault.ts";

const key = randomBytes(32);
const older = randomBytes(32);
const vault = openVault({ encryptionKey: key, previousEncryptionKeys: [] });

describe("what is sealed for the store", () => {
  it("comes back in its own place only", () => {
    const sealed = vault.seal("s3cret ü", "tenant 1 NAME");
    expect(vault.open(sealed, "tenant 1 NAME")).toBe("s3cret ü");
    expect(() => vault.open(sealed, "tenant 2 NAME")).toThrow("another repository or name");
  });

  it("shows nothing of the text, and not that two texts are the same", () => {
    const [one, two] = [vault.seal("the-same-secret", "p"), vault.seal("the-same-secret", "p")];
    expect(Buffer.from(one).includes("the-same-secret")).toBe(false);
    expect(Buffer.from(one).equals(Buffer.from(two))).toBe(false);
    expect(Buffer.from(one).includes(Buffer.from(key))).toBe(false);
  });

  it("is refused after one bit of it changed, wherever", () => {
    const sealed = vault.seal("s3cret", "p");
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => vault.open(changed, "p"), `byte ${index}`).toThrow(/damaged|no longer has/);
    }
    expect(() => vault.open(sealed.subarray(0, 20), "p")).toThrow(/damaged|no longer has/);
    expect(() => vault.open(new Uint8Array(0), "p")).toThrow(/damaged|no longer has/);
  });

  it("moves to a new key while the old one can still read", () => {
    const before = openVault({ encryptionKey: older, previousEncryptionKeys: [] }).seal("s3cret", "p");
    const both = openVault({ encryptionKey: key, previousEncryptionKeys: [older] });
    expect(both.open(before, "p")).toBe("s3cret");
    expect(both.isOutdated(before)).toBe(true);
    const after = both.seal(both.open(before, "p"), "p");
    expect(both.isOutdated(after)).toBe(false);
    expect(vault.open(after, "p")).toBe("s3cret");
    expect(() => vault.open(before, "p")).toThrow("key that the bot no longer has");
  });

  it("cannot be made without a key, or with one that is too short", () => {
    const keyless = openVault({ encryptionKey: null, previousEncryptionKeys: [] });
    expect(() => keyless.seal("x", "p")).toThrow("no encryption key");
    expect(() => openVault({ encryptionKey: randomBytes(16), previousEncryptionKeys: [] })).toThrow("32 bytes");
  });
});
