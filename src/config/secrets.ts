import type { Finding } from "./issues.ts";
import { isBranch } from "./merge.ts";
import type { Branch, Path } from "./origins.ts";

/** Keys whose value can only be a secret. */
const SECRET_KEY = /^(token|password|passwd|secret|api-?key|apikey|access-?key|bearer|authorization|client-secret)$/i;

/** What to write instead. */
const REPLACEMENT: Readonly<Record<string, string>> = { password: "password-env", passwd: "password-env" };

/**
 * Secrets that stand in the config itself, wherever a source is described. They are taken out, so that no later
 * message can quote them.
 */
export function takeOutSecrets(root: Branch): Finding[] {
  return sourceBlocks(root, []).flatMap(({ block, path }) => secretsIn(block, path));
}

function secretsIn(block: Branch, path: Path): Finding[] {
  const found: Finding[] = [];
  for (const key of Object.keys(block)) {
    if (!SECRET_KEY.test(key)) continue;
    delete block[key];
    const instead = REPLACEMENT[key.toLowerCase()] ?? "token-env";
    found.push({
      path: [...path, key],
      at: "key",
      message: `${[...path, key].join(".")}: a secret must not stand in the config.`,
      hint: `Put it into an environment variable and write its name: \`${instead}: NAME_OF_THE_VARIABLE\`. Change the secret if this file was ever pushed.`,
    });
  }
  return found;
}

/** Every source of the config: at the top, in environments and in services. */
function sourceBlocks(branch: Branch, path: Path): { block: Branch; path: Path }[] {
  const blocks: { block: Branch; path: Path }[] = [];
  if (isBranch(branch.source)) blocks.push({ block: branch.source, path: [...path, "source"] });
  for (const [name, block] of entries(branch.sources)) blocks.push({ block, path: [...path, "sources", name] });
  for (const level of ["environments", "services"]) {
    for (const [name, inner] of entries(branch[level])) blocks.push(...sourceBlocks(inner, [...path, level, name]));
  }
  return blocks;
}

function entries(value: unknown): [string, Branch][] {
  if (!isBranch(value)) return [];
  return Object.entries(value).filter((entry): entry is [string, Branch] => isBranch(entry[1]));
}
