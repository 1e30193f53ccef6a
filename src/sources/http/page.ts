/** True for HTML and XML: a sign-in page or a proxy's error page where an API should answer. */
export function looksLikePage(body: string): boolean {
  return /^\s*</.test(body);
}
