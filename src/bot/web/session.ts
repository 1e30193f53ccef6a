import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { DeployImpactError } from "../../core/errors.ts";
import { addSession, findSession, removeSession } from "../store/web-sessions.ts";
import { readCookie, setCookie } from "./cookies.ts";
import type { Grant, Person } from "./github-person.ts";
import type { Site } from "./site.ts";

/** A person whose session is valid at this request. */
export interface SignedIn {
  readonly session: string;
  readonly userId: number;
  readonly login: string;
  readonly token: string;
  /** What forms of this person's pages carry; nobody else can know it. */
  readonly formToken: string;
}

/** Longest session, seconds: a working day, then GitHub is asked again, without a click when nothing changed there. */
const LONGEST_SECONDS = 8 * 3600;
const SECRET_BYTES = 32;

/** Opens a session; the token lies in the store only sealed, and the cookie's value only as a digest. */
export async function openSession(site: Site, person: Person, grant: Grant): Promise<readonly [string, string]> {
  const value = randomBytes(SECRET_BYTES).toString("base64url");
  const now = Math.floor(site.now() / 1000);
  const seconds = Math.min(LONGEST_SECONDS, grant.expiresIn ?? LONGEST_SECONDS);
  const id = digestOf(value);
  await addSession(
    site.database,
    {
      id,
      userId: person.id,
      login: person.login,
      token: site.vault.seal(grant.token, placeOf(id, person.id)),
      expiresAt: now + seconds,
    },
    now,
  );
  return setCookie(site.cookies.session, value, seconds, site.isHttps);
}

/** null: no cookie, none that we know, or one that is over. */
export async function signedIn(site: Site, request: Request): Promise<SignedIn | null> {
  const value = readCookie(request, site.cookies.session);
  if (value === null || !/^[\w-]{43}$/.test(value)) return null;
  const found = await findSession(site.database, digestOf(value), site.now() / 1000);
  if (found === null) return null;
  const { id, userId, login } = found;
  try {
    const token = site.vault.open(found.token, placeOf(id, userId));
    return { session: id, userId, login, token, formToken: formTokenOf(value) };
  } catch (error) {
    // Sealed with a key that is gone: the person signs in again.
    if (!(error instanceof DeployImpactError)) throw error;
    await closeSession(site, id);
    return null;
  }
}

export async function closeSession(site: Site, session: string): Promise<void> {
  site.access.forget(session);
  await removeSession(site.database, session);
}

/** A form counts when it carries the token of this session and does not come from elsewhere. */
export async function isOwnForm(site: Site, request: Request, person: SignedIn): Promise<boolean> {
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== new URL(site.callback).origin) return false;
  const fields = new URLSearchParams(await request.text());
  const [given, wanted] = [Buffer.from(fields.get("token") ?? ""), Buffer.from(person.formToken)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function digestOf(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}

function formTokenOf(value: string): string {
  return createHmac("sha256", value).update("deploy-impact form").digest("base64url");
}

/** Authenticated with the token, so that a row that is copied to another session does not open there. */
function placeOf(session: string, userId: number): string {
  return `web session ${session} of user ${userId}`;
}
