import nock from "nock";

/** What the harnesses' credentials are called. */
export const ENVIRONMENT = {
  CONTRACT_KEY: "a-key-of-the-contract",
  CONTRACT_GOOGLE: JSON.stringify({
    type: "authorized_user",
    client_id: "contract",
    client_secret: "contract-secret",
    refresh_token: "contract-refresh",
  }),
};

const TOKEN = { access_token: "a-token-of-the-contract", expires_in: 3600, token_type: "Bearer" };

/** Token servers that cannot be played by a loopback server, since only their own address is followed. */
export function playTokenServers(): void {
  nock("https://oauth2.googleapis.com").persist().post("/token").reply(200, TOKEN);
  nock("https://login.microsoftonline.com").persist().post("/contract/oauth2/v2.0/token").reply(200, TOKEN);
}

export const AZURE_AUTH = {
  kind: "azure",
  "tenant-id": "contract",
  "client-id": "contract",
  "client-secret-env": "CONTRACT_KEY",
};
