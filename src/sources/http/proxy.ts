import type { HttpPorts } from "./contract.ts";

/** A proxy never stands between a program and its own machine, nor the service that describes that machine. */
const SAME_MACHINE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|metadata\.google\.internal)$/;

/** Address of the proxy for `url`, from HTTPS_PROXY, HTTP_PROXY and NO_PROXY (lower case first, as curl); null: none. */
export function proxyFor(url: string, env: HttpPorts["env"]): string | null {
  const read = (name: string): string => (env[name.toLowerCase()] ?? env[name] ?? "").trim();
  const { protocol, hostname, port } = new URL(url);
  const proxy = read(protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (proxy === "" || SAME_MACHINE.test(hostname)) return null;
  const ownPort = port === "" ? (protocol === "https:" ? "443" : "80") : port;
  const isExempt = read("NO_PROXY")
    .split(/[\s,]+/)
    .some((rule) => covers(rule.toLowerCase(), hostname.toLowerCase(), ownPort));
  if (isExempt) return null;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** `example.com`, `.example.com` and `*.example.com` cover the domain and what is below it; `:port` narrows. */
function covers(rule: string, host: string, port: string): boolean {
  if (rule === "") return false;
  if (rule === "*") return true;
  const [, name = "", rulePort] = /^(.*?)(?::(\d+))?$/.exec(rule) ?? [];
  if (rulePort !== undefined && rulePort !== port) return false;
  const domain = name.replace(/^\*?\./, "");
  return host === domain || host.endsWith(`.${domain}`);
}
