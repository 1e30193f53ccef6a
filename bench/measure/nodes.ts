import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import path from "node:path";

export interface InstalledNode {
  readonly executable: string;
  /** "24.1.0" */
  readonly version: string;
}

/** The Node that runs the benchmark and, when PATH has another major version, that one: what a user's machine has. */
export function installedNodes(): InstalledNode[] {
  const own: InstalledNode = { executable: process.execPath, version: process.versions.node };
  const found = (process.env.PATH ?? "").split(path.delimiter).flatMap((folder) => {
    const executable = path.join(folder, process.platform === "win32" ? "node.exe" : "node");
    return isExecutable(executable) ? [{ executable, version: versionOf(executable) }] : [];
  });
  const other = found.find((one) => majorOf(one) !== majorOf(own));
  return other === undefined ? [own] : [own, other];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(executable: string): string {
  return execFileSync(executable, ["--version"], { encoding: "utf8" }).trim().replace(/^v/, "");
}

function majorOf(node: InstalledNode): string {
  return node.version.split(".")[0] ?? "";
}
