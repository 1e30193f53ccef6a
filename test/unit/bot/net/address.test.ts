import { describe, expect, it } from "vitest";
import { parseNetwork, refusalOf } from "../../../../src/bot/net/address.ts";

const networks = (...texts: string[]) => texts.flatMap((text) => parseNetwork(text) ?? []);

describe("addresses that a tenant's config may name", () => {
  it.each([
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "198.17.255.255",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
  ])("%s is the public internet", (address) => {
    expect(refusalOf(address, [])).toBeNull();
  });

  it.each([
    ["0.0.0.0", "unspecified"],
    ["0.1.2.3", "unspecified"],
    ["10.1.2.3", "private"],
    ["100.64.0.1", "provider"],
    ["100.100.100.200", "provider"],
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "loopback"],
    ["168.63.129.16", "describes a machine"],
    ["169.254.169.254", "link-local"],
    ["169.254.170.2", "link-local"],
    ["172.16.0.1", "private"],
    ["172.31.255.255", "private"],
    ["192.0.0.192", "reserved"],
    ["192.168.1.1", "private"],
    ["198.18.0.1", "reserved"],
    ["224.0.0.1", "multicast"],
    ["255.255.255.255", "reserved"],
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["0:0:0:0:0:0:0:1", "loopback"],
    ["fe80::1", "link-local"],
    ["fd00:ec2::254", "private"],
    ["fc00::1", "private"],
    ["fec0::1", "private"],
    ["ff02::1", "multicast"],
    ["2001:db8::1", "reserved"],
    ["2001:0:53aa:64c:0:fbff:f5fe:9d1c", "reserved"],
    ["4000::1", "reserved"],
    ["::7f00:1", "reserved"],
    ["64:ff9b:1::a00:1", "reserved"],
  ])("%s is refused (%s)", (address, why) => {
    expect(refusalOf(address, [])).toContain(why);
  });

  it.each([
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:7f00:1", "loopback"],
    ["::ffff:a9fe:a9fe", "link-local"],
    ["0:0:0:0:0:ffff:10.0.0.1", "private"],
    ["64:ff9b::10.0.0.1", "private"],
    ["64:ff9b::a9fe:a9fe", "link-local"],
    ["2002:7f00:1::", "tunnel"],
    ["2002:a9fe:a9fe::1", "tunnel"],
  ])("%s hides an IPv4 address and is refused (%s)", (address, why) => {
    expect(refusalOf(address, [])).toContain(why);
  });

  it.each(["fe80::1%eth0", "127.1", "0x7f.0.0.1", "2130706433", "localhost", ""])(
    "%s is not an address and is refused",
    (text) => {
      expect(refusalOf(text, networks("0.0.0.0/0", "::/0"))).not.toBeNull();
    },
  );
});

describe("networks that the operator allows", () => {
  it("open their addresses, in IPv4's other clothes too, and nothing beside them", () => {
    const allowed = networks("10.1.0.0/16", "fd12:3456::/32", "127.0.0.1");
    expect(refusalOf("10.1.255.255", allowed)).toBeNull();
    expect(refusalOf("::ffff:10.1.0.1", allowed)).toBeNull();
    expect(refusalOf("fd12:3456::9", allowed)).toBeNull();
    expect(refusalOf("127.0.0.1", allowed)).toBeNull();
    expect(refusalOf("10.2.0.1", allowed)).not.toBeNull();
    expect(refusalOf("fd12:3457::9", allowed)).not.toBeNull();
    expect(refusalOf("127.0.0.2", allowed)).not.toBeNull();
  });

  it("do not open the services that hand out a machine's credentials, unless the one address is named", () => {
    const wide = networks("0.0.0.0/0", "::/0");
    const metadata = ["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"];
    for (const address of metadata) {
      expect(refusalOf(address, wide)).not.toBeNull();
      expect(refusalOf(`${address}`, networks(address))).toBeNull();
    }
    expect(refusalOf("::ffff:169.254.169.254", wide)).not.toBeNull();
    expect(refusalOf("192.168.0.1", wide)).toBeNull();
  });

  it.each(["10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/8/8", "example.com", "10.0.0.0/-1"])(
    "%s is not a network",
    (text) => {
      expect(parseNetwork(text)).toBeNull();
    },
  );
});
