import { DeployImpactError } from "../core/errors.ts";

interface Fault {
  readonly says: string;
  readonly hint: string;
}

const FOLDER: Fault = {
  says: "The data folder cannot be used",
  hint: "Let DATA_FOLDER name a folder that this user may write, or set DATABASE_URL.",
};
const AWAY: Fault = {
  says: "The database does not answer",
  hint: "Check host and port in DATABASE_URL, and that PostgreSQL runs and lets this machine in.",
};
const CLOSED: Fault = {
  says: "The database refuses this user",
  hint: "Check user, password and database name in DATABASE_URL.",
};

/** Faults of the machine that whoever starts the bot can mend, by the code that Node or PostgreSQL gives them. */
const FAULTS: Readonly<Record<string, Fault>> = {
  EADDRINUSE: { says: "Another process listens there already", hint: "Set PORT to a free port, or stop that process." },
  EADDRNOTAVAIL: {
    says: "This machine does not have that address",
    hint: "Set HOST to one of its own, or to 0.0.0.0.",
  },
  EACCES: FOLDER,
  EPERM: FOLDER,
  EROFS: FOLDER,
  ENOTDIR: FOLDER,
  ENOSPC: FOLDER,
  ECONNREFUSED: AWAY,
  ECONNRESET: AWAY,
  ENOTFOUND: AWAY,
  EHOSTUNREACH: AWAY,
  ETIMEDOUT: AWAY,
  "28P01": CLOSED,
  "28000": CLOSED,
  "3D000": CLOSED,
  "42501": CLOSED,
};

/** The fault as a sentence with what to change; null: not one of these, so it is a bug. */
export function startFault(error: unknown): DeployImpactError | null {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return null;
  const fault = FAULTS[error.code];
  if (fault === undefined) return null;
  return new DeployImpactError("USAGE", `${fault.says} (${error.code}).`, { hint: fault.hint, cause: error });
}
