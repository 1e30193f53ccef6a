import { z } from "zod";

const ENVIRONMENT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const environmentNameSchema = z
  .string()
  .regex(ENVIRONMENT_NAME, { error: "must be the name of an environment variable, not the secret itself" });

/** null instead of an exception; `URL.parse` is younger than the oldest Node that runs the command line. */
function parseAddress(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function isHttpAddress(text: string): boolean {
  const url = parseAddress(text);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:");
}

function hasNoCredentials(text: string): boolean {
  const url = parseAddress(text);
  return url === null || (url.username === "" && url.password === "");
}

function hasNoQueryOrFragment(text: string): boolean {
  return !text.includes("?") && !text.includes("#");
}

export const addressSchema = z
  .string()
  .refine(isHttpAddress, { error: "must be an address that starts with http:// or https://" })
  .refine(hasNoCredentials, {
    error: "must not hold a user name or password: use `username-env` and `password-env`",
  })
  .refine(hasNoQueryOrFragment, {
    error: "must be the address in front of the API path, without ? and #",
  });

export const textSchema = z.string().trim().min(1, { error: "must not be empty" });
