import { z } from "zod";
import { textSchema } from "../http/fields.ts";
import { httpShape, refineAuthentication } from "../http/options.ts";

export const graphiteOptionsSchema = z
  .strictObject({
    type: z.literal("graphite"),
    ...httpShape,
    /** Places in the dotted path that are labels, from 0 as in aliasByNode; negative ones count from the end. */
    nodes: z.record(textSchema, z.int()).optional(),
    "max-points": z.int().min(2).max(1_000_000).optional(),
  })
  .superRefine(refineAuthentication);

export type GraphiteOptions = z.infer<typeof graphiteOptionsSchema>;
