import { createHash } from "node:crypto";
import type { ResultDocument } from "../../core/result.ts";
import type { Conclusion } from "../../report/conclusion.ts";

/** Fingerprint of what a report says, without when it was made: equal digests mean that nothing has to be written. */
export function resultDigest(document: ResultDocument, conclusion: Conclusion): string {
  const { verdict, reasonCodes, mode, deployment, windows, units, provenance } = document;
  const said = {
    conclusion,
    verdict,
    reasonCodes,
    mode,
    deployment,
    windows,
    units,
    slis: document.slis.map(({ series: _series, ...sli }) => sli),
    made: [provenance.version, provenance.configHash, provenance.dataHash, provenance.seed],
  };
  return createHash("sha256").update(JSON.stringify(said)).digest("hex").slice(0, 32);
}
