import { destination, localContext, writeReport } from "./output.ts";
import { openResult } from "./result-file.ts";

export interface ReportFlags {
  readonly format?: string;
  readonly out?: string;
}

/** `report`: a stored result in another form. It describes a verdict and never fails because of it. */
export async function report(file: string, flags: ReportFlags): Promise<number> {
  const to = destination(flags);
  const document = await openResult(file);
  await writeReport(document, localContext(document, null), to);
  return 0;
}
