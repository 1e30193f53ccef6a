/** Names of our two cookies; `__Host-` binds them to this host, this path and https, where there is https. */
export interface CookieNames {
  readonly session: string;
  readonly signIn: string;
}

export function cookieNames(isHttps: boolean): CookieNames {
  const prefix = isHttps ? "__Host-" : "";
  return { session: `${prefix}deploy-impact`, signIn: `${prefix}deploy-impact-sign-in` };
}

/** The first cookie of that name; null: the browser sent none. */
export function readCookie(request: Request, name: string): string | null {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const [key, ...value] = part.trim().split("=");
    if (key === name) return value.join("=");
  }
  return null;
}

/** Lax: it comes along when a person follows a link to us, as GitHub's answer to a sign-in does, and with no other site's form. */
export function setCookie(name: string, value: string, seconds: number, isHttps: boolean): readonly [string, string] {
  const flags = ["Path=/", `Max-Age=${Math.max(0, Math.floor(seconds))}`, "HttpOnly", "SameSite=Lax"];
  return ["set-cookie", [`${name}=${value}`, ...flags, ...(isHttps ? ["Secure"] : [])].join("; ")];
}

export function clearCookie(name: string, isHttps: boolean): readonly [string, string] {
  return setCookie(name, "", 0, isHttps);
}
