/** Longest text of a server that is shown. */
const SHOWN_CHARACTERS = 300;

/** Shorter texts are everywhere by chance; hiding them would only garble the message. */
const SHORTEST_SECRET = 4;

const USER_IN_URL = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]*@/gi;
const SECRET_IN_QUERY =
  /([?&;](?:access_token|token|auth|key|api[_-]?key|apikey|password|passwd|secret|sig|signature)=)[^&\s"'<>]+/gi;
const SCHEME_AND_SECRET = /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;

/** Text of a server made fit for a log: one line, bounded, without secrets and without credentials in addresses. */
export function showable(text: string, secrets: readonly string[], limit: number = SHOWN_CHARACTERS): string {
  const oneLine = hideSecrets(text.slice(0, 65_536), secrets)
    .replace(/\p{Cc}+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return oneLine.length <= limit ? oneLine : `${oneLine.slice(0, limit - 1)}…`;
}

function hideSecrets(text: string, secrets: readonly string[]): string {
  const longestFirst = secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  const hidden = longestFirst.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
  return hidden.replace(USER_IN_URL, "$1***@").replace(SECRET_IN_QUERY, "$1***").replace(SCHEME_AND_SECRET, "$1 ***");
}
