import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { environmentSecrets, variablePrefix } from "../../../../src/bot/secrets/environment.ts";
import { parseScope, type SecretScope } from "../../../../src/bot/secrets/scope.ts";

const letter = "abcdefghijklmnopqrstuvwxyzABCDXYZ0123456789";
const ownerName = fc
  .tuple(fc.constantFrom(...letter), fc.string({ unit: fc.constantFrom(...letter, "-", "_"), maxLength: 6 }))
  .map((parts) => parts.join(""));
const repositoryName = fc
  .string({ unit: fc.constantFrom(...letter, "-", "_", "."), minLength: 1, maxLength: 6 })
  .filter((name) => name !== "." && name !== "..");
const scope: fc.Arbitrary<SecretScope> = fc.record({
  owner: ownerName,
  repository: fc.option(repositoryName, { nil: null }),
});
const secretName = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);

const same = (a: SecretScope, b: SecretScope): boolean =>
  a.owner.toLowerCase() === b.owner.toLowerCase() && a.repository?.toLowerCase() === b.repository?.toLowerCase();

describe("secrets in the environment of the bot", () => {
  it("belong to one tenant: no variable is read by two", () => {
    fc.assert(
      fc.property(scope, secretName, scope, (owner, name, other) => {
        fc.pre(!same(owner, other));
        const environment = { [`${variablePrefix(owner)}${name}`]: "value" };
        expect(environmentSecrets(environment, owner)).toEqual(new Map([[name, "value"]]));
        expect(environmentSecrets(environment, other)).toEqual(new Map());
      }),
      { numRuns: 2000 },
    );
  });

  it("have the names that docs/operating.md shows", () => {
    const prefix = (text: string): string => variablePrefix(parseScope(text) ?? { owner: "?", repository: null });
    expect(prefix("acme/shop")).toBe("DEPLOY_IMPACT_SECRET__ACME__SHOP__");
    expect(prefix("acme")).toBe("DEPLOY_IMPACT_SECRET__ACME_____");
    expect(prefix("Acme-Corp/web.shop_2")).toBe("DEPLOY_IMPACT_SECRET__ACME_hCORP__WEB_dSHOP_u2__");
  });

  it("never hold anything else of the process", () => {
    const environment = {
      PATH: "/usr/bin",
      DEPLOY_IMPACT_ENCRYPTION_KEY: "k",
      DEPLOY_IMPACT_SECRET__ACME__SHOP__PROM_TOKEN: "t",
      "DEPLOY_IMPACT_SECRET__ACME__SHOP__not a name": "t",
      DEPLOY_IMPACT_SECRET__ACME__SHOP__EMPTY: "",
    };
    const found = environmentSecrets(environment, { owner: "acme", repository: "shop" });
    expect([...found.keys()]).toEqual(["PROM_TOKEN"]);
  });

  it.each(["", "acme/", "/shop", "acme/..", "acme/.", "a/b/c", "acme/sh op", "../etc", "acme/shop\n", "-acme"])(
    "%j is neither an account nor a repository",
    (text) => {
      expect(parseScope(text)).toBeNull();
    },
  );
});
