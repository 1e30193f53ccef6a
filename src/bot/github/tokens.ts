import { DeployImpactError } from "../../core/errors.ts";
import { DOORS, translateError } from "../../github/errors.ts";
import type { AppAccess } from "./app.ts";

/** GitHub's tokens live an hour; one that ends sooner than this is not used any more, milliseconds. */
const RESERVE_MS = 5 * 60_000;
/** Tokens kept at once; the one that was used the longest time ago goes first. */
const MOST_TOKENS = 5000;

export interface InstallationTokens {
  readonly current: (installationId: number) => Promise<string>;
  /** A new one, unless somebody else replaced the refused one meanwhile. */
  readonly replace: (installationId: number, refused: string) => Promise<string>;
}

interface Kept {
  readonly token: string;
  readonly expiresAt: number;
}

/** Tokens of installations, in memory only; many jobs that need one at once cause one request. */
export function installationTokens(app: Pick<AppAccess, "installationToken">, now: () => number): InstallationTokens {
  const kept = new Map<number, Promise<Kept>>();

  const ask = (id: number): Promise<Kept> => {
    const asked = app.installationToken(id).catch((error: unknown) => {
      kept.delete(id);
      throw tokenError(id, error);
    });
    kept.delete(id);
    kept.set(id, asked);
    const oldest = kept.keys().next();
    if (kept.size > MOST_TOKENS && oldest.done !== true) kept.delete(oldest.value);
    return asked;
  };

  const token = async (id: number, suits: (known: Kept) => boolean): Promise<string> => {
    const before = kept.get(id);
    const known = await before?.catch(() => undefined);
    if (known !== undefined && suits(known)) return known.token;
    // Somebody else may have asked while this one waited.
    return kept.get(id) === before ? (await ask(id)).token : token(id, suits);
  };

  return {
    current: (id) => token(id, (known) => known.expiresAt - now() > RESERVE_MS),
    replace: (id, refused) => token(id, (known) => known.token !== refused),
  };
}

/** GitHub answers 403 for a suspended installation and 404 for one that is gone. */
function tokenError(id: number, error: unknown): unknown {
  const status = (error as { status?: unknown }).status;
  if (status === 403 || status === 404) {
    const what = status === 403 ? "is suspended" : "does not exist any more";
    return new DeployImpactError("GITHUB_UNINSTALLED", `Installation ${id} of the App ${what}.`, {
      hint: "An owner of the account can install the App again, or lift the suspension, in the account's settings.",
      cause: error,
    });
  }
  return translateError(error, { permission: "metadata", doing: "sign in as the installation", door: DOORS.app });
}
