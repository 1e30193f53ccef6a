/**
 * Paths of `services: paths`. `*` is any text inside one folder, `?` one character of it, `**` any number of folders
 * (`services/**` is everything below, `**` + `/go.mod` is the file anywhere). A plain folder stands for all in it.
 * Everything else is literal. Paths are relative to the repository, with `/`.
 */
export function matchesGlob(glob: string, path: string): boolean {
  return patternOf(glob).test(path);
}

function patternOf(glob: string): RegExp {
  const cleaned = glob.replace(/^\.?\//, "").replace(/\/$/, "");
  const parts = cleaned.split(/(\*\*\/|\/\*\*$|\*\*|\*|\?)/);
  const body = parts.map(translate).join("");
  return new RegExp(`^${body}(?:/.*)?$`, "u");
}

function translate(part: string): string {
  if (part === "**/") return "(?:[^/]+/)*";
  if (part === "/**") return "/.+";
  if (part === "**") return ".*";
  if (part === "*") return "[^/]*";
  if (part === "?") return "[^/]";
  return part.replace(/[\\^$.|+()[\]{}]/g, "\\$&");
}
