/** Header fields to ask with, by name: the demo has them; elsewhere there are none. */
export async function demoCallers() {
  const response = await fetch("/graphql/explorer/callers.json").catch(() => null);
  return response?.ok ? response.json() : {};
}
