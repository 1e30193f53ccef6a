import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { DeployImpactError } from "../../core/errors.ts";

/**
 * Texts encrypted for the store: AES-256-GCM (NIST SP 800-38D) with a random nonce each. `place` (whose it is and what
 * it is called) is authenticated with it, so that a row that is copied to another tenant does not open there.
 *
 * Layout: version (1 byte), id of the key (8), nonce (12), tag (16), ciphertext.
 */
export interface Vault {
  readonly seal: (text: string, place: string) => Uint8Array;
  /** Throws when no key fits, or when the row is not the one that was written for this place. */
  readonly open: (sealed: Uint8Array, place: string) => string;
  /** True when the row was sealed with a key that came before the current one. */
  readonly isOutdated: (sealed: Uint8Array) => boolean;
}

const VERSION = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NONCE_AT = 1 + KEY_ID_BYTES;
const TAG_AT = NONCE_AT + NONCE_BYTES;
const TEXT_AT = TAG_AT + TAG_BYTES;
const CIPHER = "aes-256-gcm";

export interface VaultKeys {
  readonly encryptionKey: Uint8Array | null;
  readonly previousEncryptionKeys: readonly Uint8Array[];
}

export function openVault({ encryptionKey, previousEncryptionKeys }: VaultKeys): Vault {
  const keys = [...(encryptionKey === null ? [] : [encryptionKey]), ...previousEncryptionKeys];
  if (keys.some((key) => key.byteLength !== KEY_BYTES)) throw new TypeError("an encryption key has 32 bytes");
  const byId = new Map(keys.map((key) => [idOf(key), key]));
  return {
    seal: (text, place) => {
      if (encryptionKey === null) throw noKey();
      return seal(text, place, encryptionKey);
    },
    open: (sealed, place) => {
      const key = byId.get(keyIdOf(sealed));
      if (key === undefined) throw otherKey();
      return unseal(sealed, place, key);
    },
    isOutdated: (sealed) => encryptionKey !== null && keyIdOf(sealed) !== idOf(encryptionKey),
  };
}

/** Names a key without telling anything about it. */
function idOf(key: Uint8Array): string {
  return createHash("sha256")
    .update("deploy-impact key id")
    .update(key)
    .digest("hex")
    .slice(0, KEY_ID_BYTES * 2);
}

function keyIdOf(sealed: Uint8Array): string {
  return Buffer.from(sealed.subarray(1, NONCE_AT)).toString("hex");
}

function seal(text: string, place: string, key: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(place));
  const hidden = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(idOf(key), "hex"), nonce, cipher.getAuthTag(), hidden]);
}

function unseal(sealed: Uint8Array, place: string, key: Uint8Array): string {
  if (sealed[0] !== VERSION || sealed.byteLength < TEXT_AT) throw damaged();
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(NONCE_AT, TAG_AT), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(place))
    .setAuthTag(sealed.subarray(TAG_AT, TEXT_AT));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(TEXT_AT)), decipher.final()]).toString("utf8");
  } catch (error) {
    throw damaged(error);
  }
}

function noKey(): DeployImpactError {
  return new DeployImpactError("CREDENTIAL_MISSING", "Secrets cannot be stored: the bot has no encryption key.", {
    hint: "Set ENCRYPTION_KEY (docs/operating.md), or give secrets by the environment or a folder.",
  });
}

function otherKey(): DeployImpactError {
  return new DeployImpactError(
    "CREDENTIAL_MISSING",
    "A stored secret was encrypted with a key that the bot no longer has.",
    {
      hint: "Put the old key into PREVIOUS_ENCRYPTION_KEYS, or store the secret again.",
    },
  );
}

function damaged(cause?: unknown): DeployImpactError {
  return new DeployImpactError(
    "CREDENTIAL_MISSING",
    "A stored secret is damaged, or was written for another repository or name.",
    {
      hint: "Store the secret again: npm run bot -- secrets set OWNER/REPOSITORY NAME.",
      cause,
    },
  );
}
