const PREFIX = "<!-- deploy-impact:v1 env=";

/** First line of the sticky comment. The environment is encoded so that no name can close the HTML comment. */
export function commentMarker(environment: string | null): string {
  const name = encodeURIComponent((environment ?? "").replace(/\p{Cs}/gu, "\uFFFD"))
    .replace(/--/g, "%2D%2D")
    .replace(/-$/, "%2D");
  return `${PREFIX}${name} -->`;
}
