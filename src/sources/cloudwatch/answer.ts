import type { BodyVerdict } from "../http/contract.ts";
import { childrenOf, readXml, textOf, type XmlElement } from "./xml.ts";

/** One series of one page. */
export interface MetricData {
  readonly label: string;
  readonly status: string;
  /** Epoch seconds, ascending. */
  readonly times: readonly number[];
  readonly values: readonly number[];
}

export interface MetricPage {
  readonly results: readonly MetricData[];
  readonly messages: readonly string[];
  /** null: this was the last page. */
  readonly nextToken: string | null;
}

/** GetMetricDataResponse of the query API, version 2010-08-01. */
export function readMetricPage(body: string): BodyVerdict<MetricPage> {
  const root = readXml(body);
  const [result] = childrenOf(root ?? undefined, "GetMetricDataResult");
  if (root?.name !== "GetMetricDataResponse" || result === undefined) {
    return { ok: false, detail: "it is not a GetMetricDataResponse" };
  }
  const members = childrenOf(childrenOf(result, "MetricDataResults")[0], "member");
  const results: MetricData[] = [];
  for (const member of members) {
    const data = readData(member);
    if (data === null) return { ok: false, detail: "the times and values of a series do not belong together" };
    results.push(data);
  }
  const token = textOf(result, "NextToken");
  const messages = [result, ...members].flatMap(readMessages);
  return { ok: true, value: { results, messages, nextToken: token === "" ? null : token } };
}

function readData(member: XmlElement): MetricData | null {
  const list = (name: string): string[] =>
    childrenOf(childrenOf(member, name)[0], "member").map((one) => one.text.trim());
  const times = list("Timestamps").map((text) => Date.parse(text) / 1000);
  const values = list("Values").map((text) => (text === "" ? Number.NaN : Number(text)));
  if (times.length !== values.length || times.some(Number.isNaN)) return null;
  const order = [...times.keys()].sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  return {
    label: textOf(member, "Label"),
    status: textOf(member, "StatusCode"),
    times: order.map((index) => times[index] ?? Number.NaN),
    values: order.map((index) => values[index] ?? Number.NaN),
  };
}

function readMessages(element: XmlElement): string[] {
  const members = childrenOf(childrenOf(element, "Messages")[0], "member");
  return members.map((one) => `${textOf(one, "Code")}: ${textOf(one, "Value")}`);
}
