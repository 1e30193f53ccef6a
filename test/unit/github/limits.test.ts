import { expect, test } from "vitest";
import { CHECK_TEXT_CHARACTERS, COMMENT_CHARACTERS, SUMMARY_BYTES } from "../../../src/github/limits.ts";
import { CHECK_FIELD_LIMIT, COMMENT_LIMIT, SUMMARY_LIMIT } from "../../../src/report/views/fit.ts";

test("what the views fit into is never more than what GitHub takes", () => {
  expect(COMMENT_LIMIT).toBeLessThanOrEqual(COMMENT_CHARACTERS);
  expect(CHECK_FIELD_LIMIT).toBeLessThanOrEqual(CHECK_TEXT_CHARACTERS);
  expect(SUMMARY_LIMIT).toBeLessThanOrEqual(SUMMARY_BYTES);
  expect(SUMMARY_BYTES).toBeLessThan(1024 * 1024);
});
