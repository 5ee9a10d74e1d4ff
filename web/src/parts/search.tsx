// A text to look for, which stands in the address once it is sent.
import { useState, type SyntheticEvent } from 'react';
import { setParam, useAddress } from '../router.tsx';

export function SearchBox({ name, label }: { readonly name: string; readonly label: string }) {
  const address = useAddress();
  const asked = address.params.get(name) ?? '';
  return <Box key={asked} asked={asked} label={label} onAsk={(text) => setParam(address, name, text)} />;
}

interface BoxProps {
  readonly asked: string;
  readonly label: string;
  readonly onAsk: (text: string) => void;
}

function Box({ asked, label, onAsk }: BoxProps) {
  const [text, setText] = useState(asked);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    onAsk(text.trim());
  };
  return (
    <form className="search-box" role="search" onSubmit={submit}>
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit">Search</button>
    </form>
  );
}
