/** The sample of the connector's documentation, its placeholders as they stand there. */
export function documentedCatalog(credentials: {
  client_id: string;
  client_secret: string;
  refresh_token: string;
  api_domain: string;
}): string {
  return `
captures:
  \${PREFIX}/\${CAPTURE_NAME}:
    endpoint:
      connector:
        image: ghcr.io/estuary/source-zoho:dev
        config:
          credentials:
            client_id: ${credentials.client_id}
            client_secret: ${credentials.client_secret}
            refresh_token: ${credentials.refresh_token}
            api_domain: ${credentials.api_domain}
          start_date: "2024-01-01T00:00:00Z"
    bindings:
      - resource:
          name: Leads
          interval: PT5M
          schedule: "55 23 * * *"
        target: \${PREFIX}/Leads
      - resource:
          name: Accounts
          interval: PT5M
          schedule: "55 23 * * *"
        target: \${PREFIX}/Accounts
      - resource:
          name: Contacts
          interval: PT5M
        target: \${PREFIX}/Contacts
`;
}
