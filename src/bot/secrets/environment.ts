import { isSecretName, type SecretScope } from "./scope.ts";

const PREFIX = "DEPLOY_IMPACT_SECRET__";
/** Stands for a repository where a secret is for all of them. */
const ALL = "_";

/**
 * Start of the variables of this process that belong to one tenant: DEPLOY_IMPACT_SECRET__ACME__SHOP__ or, for all
 * repositories of the account, DEPLOY_IMPACT_SECRET__ACME_____. Letters are capitals; -, . and _ are _h, _d and _u, so
 * that no two tenants share a prefix: a name never holds two underscores in a row, nor a small letter of its own.
 */
export function variablePrefix({ owner, repository }: SecretScope): string {
  return `${PREFIX}${encoded(owner)}__${repository === null ? ALL : encoded(repository)}__`;
}

const MARKS: Readonly<Record<string, string>> = { "-": "_h", ".": "_d", _: "_u" };

/** GitHub does not tell capitals from small letters in names. */
function encoded(name: string): string {
  return name.toUpperCase().replace(/[-._]/g, (mark) => MARKS[mark] ?? "");
}

/** Secrets that the process's own environment holds for exactly this scope. */
export function environmentSecrets(
  environment: Readonly<Record<string, string | undefined>>,
  scope: SecretScope,
): ReadonlyMap<string, string> {
  const prefix = variablePrefix(scope);
  const found = Object.entries(environment).flatMap(([variable, value]): [string, string][] => {
    const name = variable.startsWith(prefix) ? variable.slice(prefix.length) : "";
    return isSecretName(name) && value !== undefined && value !== "" ? [[name, value]] : [];
  });
  return new Map(found);
}
