import { describe, expect, test } from "vitest";
import { awsSignature } from "../../../../../src/sources/http/auth/aws-signature.ts";

/** Keys, instant and scope of Amazon's published Signature Version 4 test suite. */
const KEYS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: null,
};
const AT = Date.UTC(2015, 7, 30, 12, 36);
const SCOPE = { region: "us-east-1", service: "service" };
const HOST = "https://example.amazonaws.com";

describe("signature version 4 against Amazon's test suite", () => {
  test.each([
    ["get-vanilla", "GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    ["post-vanilla", "POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
    [
      "get-vanilla-query-order-key-case",
      "GET",
      "/?Param2=value2&Param1=value1",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
    [
      "get-vanilla-query-unreserved",
      "GET",
      "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
      "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ],
  ] as const)("%s", async (_name, method, path, signature) => {
    expect(await awsSignature({ method, url: `${HOST}${path}`, body: null }, KEYS, SCOPE, AT)).toEqual({
      "x-amz-date": "20150830T123600Z",
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    });
  });

  test("post-sts-header-before: a session token is sent and signed", async () => {
    const sessionToken =
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
    const request = { method: "POST", url: `${HOST}/`, body: null } as const;
    const headers = await awsSignature(request, { ...KEYS, sessionToken }, SCOPE, AT);
    expect(headers["x-amz-security-token"]).toBe(sessionToken);
    expect(headers.authorization).toContain("SignedHeaders=host;x-amz-date;x-amz-security-token, ");
    expect(headers.authorization).toContain(
      "Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    );
  });

  test("the body is part of the signature", async () => {
    const sign = (body: string) => awsSignature({ method: "POST", url: `${HOST}/`, body }, KEYS, SCOPE, AT);
    expect((await sign("query=up")).authorization).not.toBe((await sign("query=down")).authorization);
  });
});
