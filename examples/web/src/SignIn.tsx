import type { FormEvent } from "react";

/** In the place of a sign-in of yours: the token that `make run` prints. */
export function SignIn({ onToken }: { readonly onToken: (token: string) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get("token")).trim();
    if (token) onToken(token);
  };
  return (
    <form className="sign-in" onSubmit={submit}>
      <label>
        Token
        <input name="token" autoFocus autoComplete="off" />
      </label>
      <button>Sign in</button>
    </form>
  );
}
