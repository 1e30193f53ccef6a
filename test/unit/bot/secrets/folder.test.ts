import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folderSecrets } from "../../../../src/bot/secrets/folder.ts";
import { makeFolder } from "../../../integration/servers/process.ts";

const made: { remove: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map((one) => one.remove()));
});

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await makeFolder("secrets");
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder.path, name)), { recursive: true });
    await writeFile(path.join(folder.path, name), text);
  }
  return folder.path;
}

const shop = { owner: "acme", repository: "shop" };

describe("the secrets folder", () => {
  it("gives a repository its own files and an account its own", async () => {
    const folder = await folderWith({
      "acme/ORG_TOKEN": "org\n",
      "acme/shop/PROM_TOKEN": "shop",
      "acme/other/PROM_TOKEN": "other",
      "evil/shop/PROM_TOKEN": "evil",
    });
    expect(await folderSecrets(folder, shop)).toEqual(new Map([["PROM_TOKEN", "shop"]]));
    expect(await folderSecrets(folder, { owner: "ACME", repository: null })).toEqual(new Map([["ORG_TOKEN", "org"]]));
    expect(await folderSecrets(folder, { owner: "nobody", repository: "shop" })).toEqual(new Map());
  });

  it("reads secrets that are mounted as links, and no file with another name", async () => {
    const folder = await folderWith({ "acme/shop/..2026/PROM_TOKEN": "mounted", "acme/shop/.hidden": "x" });
    await symlink(path.join("..2026", "PROM_TOKEN"), path.join(folder, "acme/shop/PROM_TOKEN"));
    expect(await folderSecrets(folder, shop)).toEqual(new Map([["PROM_TOKEN", "mounted"]]));
  });

  it("says what is wrong without quoting a secret", async () => {
    const large = await folderWith({ "acme/shop/PROM_TOKEN": "s3cret".repeat(20_000) });
    await expect(folderSecrets(large, shop)).rejects.toThrow("PROM_TOKEN of the secrets folder is larger than 64 KiB");
    const twice = await folderWith({ "acme/shop/A": "1", "Acme/shop/A": "2" });
    await expect(folderSecrets(twice, shop)).rejects.toThrow("twice");
    expect(await folderSecrets(path.join(large, "nowhere"), shop)).toEqual(new Map());
    expect(await folderSecrets(null, shop)).toEqual(new Map());
  });
});
