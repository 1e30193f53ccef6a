import { z } from "zod";

/** Counts come as texts, since they may be larger than a double holds exactly. */
const countSchema = z.union([z.string().regex(/^\d+$/), z.number()]).transform(Number);

export const distributionSchema = z.object({
  count: countSchema.optional(),
  bucketOptions: z
    .object({
      explicitBuckets: z.object({ bounds: z.array(z.number()) }).optional(),
      exponentialBuckets: z
        .object({ numFiniteBuckets: z.number(), growthFactor: z.number(), scale: z.number() })
        .optional(),
      linearBuckets: z
        .object({ numFiniteBuckets: z.number(), width: z.number(), offset: z.number().optional() })
        .optional(),
    })
    .optional(),
  bucketCounts: z.array(countSchema).optional(),
});

type Distribution = z.infer<typeof distributionSchema>;

/** Upper bounds of all buckets but the last, which has none. Source: Distribution.BucketOptions of Google's API. */
function boundsOf({ bucketOptions }: Distribution): readonly number[] {
  const { explicitBuckets, exponentialBuckets, linearBuckets } = bucketOptions ?? {};
  if (explicitBuckets !== undefined) return explicitBuckets.bounds;
  if (exponentialBuckets !== undefined) {
    const { numFiniteBuckets, growthFactor, scale } = exponentialBuckets;
    return Array.from({ length: numFiniteBuckets + 1 }, (_, index) => scale * growthFactor ** index);
  }
  if (linearBuckets === undefined) return [];
  const { numFiniteBuckets, width, offset = 0 } = linearBuckets;
  return Array.from({ length: numFiniteBuckets + 1 }, (_, index) => offset + width * index);
}

/** Cumulative counts by upper bound; buckets at the end without observations may be left out of the counts. */
export function cumulativeBuckets(distribution: Distribution): readonly (readonly [le: string, count: number])[] {
  const counts = distribution.bucketCounts ?? [];
  let below = 0;
  const finite = boundsOf(distribution).map((bound, index) => {
    below += counts[index] ?? 0;
    return [String(bound), below] as const;
  });
  return [...finite, ["+Inf", distribution.count ?? counts.reduce((sum, count) => sum + count, 0)]];
}
