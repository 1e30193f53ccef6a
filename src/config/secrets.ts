import type { Finding } from "./issues.ts";
import { isBranch } from "./merge.ts";
import type { Branch, Path } from "./origins.ts";

/** Keys whose value can only be a secret. */
const SECRET_KEY =
  /^(token|password|passwd|passphrase|secret|api-?key|apikey|application-?key|app-?key|access-?key|bearer|authorization|client-secret|secret-access-key|access-key-id|session-token|private-key|credentials|key|certificate)$/i;

/** What to write instead; `token-env` for all others. */
const REPLACEMENT: Readonly<Record<string, string>> = {
  password: "password-env",
  passwd: "password-env",
  passphrase: "passphrase-env",
  "client-secret": "client-secret-env",
  "access-key-id": "access-key-id-env",
  "secret-access-key": "secret-access-key-env",
  "session-token": "session-token-env",
  credentials: "credentials-env",
  key: "key-env",
  certificate: "certificate-env",
};

const DATADOG_KEYS: Readonly<Record<string, string>> = {
  "api-key": "api-key-env",
  "application-key": "application-key-env",
  "app-key": "application-key-env",
};

/** Parts of a source that may hold secrets of their own. */
const BLOCKS = ["auth", "tls"] as const;

/**
 * Secrets that stand in the config itself, wherever a source is described. They are taken out, so that no later
 * message can quote them.
 */
export function takeOutSecrets(root: Branch): Finding[] {
  return sourceBlocks(root, []).flatMap(({ block, path }) => [
    ...secretsIn(block, path),
    ...BLOCKS.flatMap((name) => {
      const inner = block[name];
      return isBranch(inner) ? secretsIn(inner, [...path, name]) : [];
    }),
  ]);
}

function secretsIn(block: Branch, path: Path): Finding[] {
  const found: Finding[] = [];
  for (const key of Object.keys(block)) {
    if (!SECRET_KEY.test(key)) continue;
    delete block[key];
    const own = block.type === "datadog" ? DATADOG_KEYS[key.toLowerCase()] : undefined;
    const instead =
      own ?? REPLACEMENT[key.toLowerCase()] ?? (path.at(-1) === "auth" ? "client-secret-env" : "token-env");
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
