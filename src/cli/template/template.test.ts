import { expect, test } from 'bun:test';
import { compileTemplate } from './index.ts';

const data = {
  Name: 'web',
  Count: 3,
  On: true,
  List: ['a', 'b'],
  Map: { y: 2, x: 1 },
  Empty: {},
  Nil: null,
  Nested: { Ports: { '80/tcp': [{ HostPort: '8080' }] } },
  Label: (name: string) => `<${name}>`,
};

const good: [source: string, text: string][] = [
  ['plain', 'plain'],
  ['{{.Name}}-{{ .Count }}', 'web-3'],
  ['{{.List}} {{.Map}} {{.On}}', '[a b] map[x:1 y:2] true'],
  ['{{json .Map}} {{json .Name}}', '{"y":2,"x":1} "web"'],
  ['{{range .List}}{{.}},{{end}}', 'a,b,'],
  ['{{range $i, $v := .List}}{{$i}}={{$v}} {{end}}', '0=a 1=b '],
  ['{{range $k, $v := .Map}}{{$k}}{{$v}}{{end}}', 'x1y2'],
  ['{{range .Empty}}x{{else}}none{{end}}', 'none'],
  ['{{if .On}}yes{{else}}no{{end}}', 'yes'],
  ['{{if .Nil}}1{{else if eq .Count 3}}2{{else}}3{{end}}', '2'],
  ['{{with .Nested}}{{(index .Ports "80/tcp" 0).HostPort}}{{end}}', '8080'],
  ['{{(index (index .Nested.Ports "80/tcp") 0).HostPort}}', '8080'],
  ['{{.Name | upper | printf "%s-%d" "x" }}', 'x-%!d(string=WEB)'],
  ['{{printf "%-5s|%3d|%q" .Name .Count .Name}}', 'web  |  3|"web"'],
  ['{{join .List "/"}} {{lower "ABC"}} {{title "abc"}} {{len .List}}', 'a/b abc Abc 2'],
  ['{{.Label "a.b"}}', '<a.b>'],
  ['{{and .On .Name}} {{or .Nil .Name}} {{not .On}} {{ne .Count 4}}', 'web web false true'],
  ['a {{- .Name -}} b{{/* gone */}}', 'awebb'],
  ['{{$x := .Name}}{{$x}}{{$.Count}}', 'web3'],
  ['{{"quo\\"te"}}{{`raw`}}', 'quo"teraw'],
  ['{{index .Map "nosuch"}}', '<no value>'],
];
for (const [source, text] of good) test(source, () => expect(compileTemplate(source)(data)).toBe(text));

const bad: [source: string, words: string][] = [
  ['{{.Name', 'template: :1: unclosed action'],
  ['{{nosuch}}', 'template: :1: function "nosuch" not defined'],
  ['{{if .On}}', 'template: :1: unexpected EOF'],
  ['{{end}}', 'template: :1: unexpected {{end}}'],
  ['{{.Foo}}', 'template: :1:2: executing "" at <.Foo>: map has no entry for key "Foo"'],
  ['{{.Name.Foo}}', "can't evaluate field Foo in type string"],
  ['{{index .List 9}}', 'index out of range: 9'],
  ['{{join .Name "/"}}', 'wrong type for value; expected []string; got string'],
];
for (const [source, words] of bad) {
  test(`${source} is refused`, () => expect(() => compileTemplate(source)(data)).toThrow(words));
}
