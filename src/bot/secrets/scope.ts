import { DeployImpactError } from "../../core/errors.ts";

/** Whom a secret is for: one repository, or (null) all of the account's repositories where the App is installed. */
export interface SecretScope {
  readonly owner: string;
  readonly repository: string | null;
}

const OWNER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;
const REPOSITORY = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** `acme` or `acme/shop`; null: neither. */
export function parseScope(text: string): SecretScope | null {
  const [owner = "", repository, ...rest] = text.split("/");
  if (!OWNER.test(owner) || rest.length > 0) return null;
  if (repository === undefined) return { owner, repository: null };
  return REPOSITORY.test(repository) ? { owner, repository } : null;
}

/** Of a repository as GitHub names it. */
export function scopeOf(repository: string): SecretScope & { readonly repository: string } {
  const scope = parseScope(repository);
  if (scope === null || scope.repository === null) {
    throw new DeployImpactError("INTERNAL", "A repository has a name that GitHub would not give.", {
      hint: "Please report this.",
    });
  }
  return { owner: scope.owner, repository: scope.repository };
}

export function isSecretName(name: string): boolean {
  return NAME.test(name);
}
