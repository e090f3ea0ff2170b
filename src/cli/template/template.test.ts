import { expect, test } from 'bun:test';
import { compileTemplate, headerFunctions, type Shape, shaped } from './index.ts';

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
  ['{{define "T"}}[{{.}}]{{end}}{{template "T" .Name}}{{block "B" .Count}}<{{.}}>{{end}}', '[web]<3>'],
  ['{{range $i, $v := .List}}{{if $i}}{{break}}{{end}}{{$v}}{{end}}', 'a'],
  ['{{range .List}}{{if eq . "a"}}{{continue}}{{end}}{{.}}{{end}}', 'b'],
  ['{{range 3}}{{.}}{{end}}', '012'],
  ['{{with $x := .Name}}{{$x}}{{end}}{{with .Nil}}1{{else with .Count}}{{.}}{{end}}', 'web3'],
  ['{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{end}}{{$x}}', '2'],
  ['{{/* a */ -}}  x{{- /* b */ -}}  y', 'xy'],
  ['{{print 1 2 "a" 3 true}}|{{println 1 "a"}}', '1 2a3 true|1 a\n'],
  ['{{slice "abcdef" 1 3}}{{slice .List 1}}{{index "abc" 1}}', 'bc[b]98'],
  [
    '{{printf "%5.2f|%+d|%x|%X|%08.3f|%-5s|%U|%c|%T|%e" 3.14159 5 255 "hi" 3.14159 "ab" 65 65 .Count 1234.5}}',
    ' 3.14|+5|ff|6869|0003.142|ab   |U+0041|A|int|1.234500e+03',
  ],
  ['{{printf "%[2]s %[1]s|%*d|%s|%d" "a" "b" 5 3}}', 'b a|%!(BADWIDTH)5|%!s(int=3)|%!d(MISSING)'],
  ['{{printf "%d %s" 1}}{{printf "%d" 1 2}}{{printf "%"}}', '1 %!s(MISSING)1%!(EXTRA int=2)%!(NOVERB)'],
  ['{{html "<a&b>"}} {{js "a\\"b<"}} {{urlquery "a b&c"}}', '&lt;a&amp;b&gt; a\\"b\\u003C a+b%26c'],
  ['{{title "it\'s x-y_z"}} {{pad "a" 1 2}}| {{truncate "abcdef" 3}}', "It'S X-Y_z  a  | abc"],
  ['{{0x1F}} {{1_000}} {{1.5}} {{-3}} {{len "h\u00e9"}}', '31 1000 1.5 -3 3'],
];
for (const [source, text] of good) test(source, () => expect(compileTemplate(source)(data)).toBe(text));

const bad: [source: string, words: string][] = [
  ['{{.Name', 'template: :1: unclosed action'],
  ['{{nosuch}}', 'template: :1: function "nosuch" not defined'],
  ['{{if .On}}', 'template: :1: unexpected EOF'],
  ['{{end}}', 'template: :1: unexpected {{end}}'],
  ['{{.Foo}}', 'template: :1:2: executing "" at <.Foo>: map has no entry for key "Foo"'],
  ['{{.Name.Foo}}', "can't evaluate field Foo in type interface {}"],
  ['{{index .List 9}}', 'index out of range: 9'],
  ['{{join .Name "/"}}', 'wrong type for value; expected []string; got string'],
  ['{{"a" | 3}}', 'template: :1: non executable command in pipeline stage 2'],
  ['{{break}}', 'template: :1: {{break}} outside {{range}}'],
  ['{{$y}}', 'template: :1: undefined variable "$y"'],
  ['{{range $i, $e, $f := .List}}{{end}}', 'template: :1: too many declarations in range'],
  ['{{(1}}', 'template: :1: unclosed left paren'],
  ['{{1x}}', 'template: :1: bad number syntax: "1x"'],
  ['{{@}}', 'template: :1: unexpected "@" in command'],
  ['{{"x}}', 'template: :1: unterminated quoted string'],
  ['a\n{{.Foo}}', 'template: :2:2: executing "" at <.Foo>: map has no entry for key "Foo"'],
  ['{{.Nested.Foo}}', 'template: :1:9: executing "" at <.Nested.Foo>: map has no entry for key "Foo"'],
  ['{{template "x"}}', 'template: :1:11: executing "" at <{{template "x"}}>: template "x" not defined'],
  ['{{upper 3}}', 'template: :1:8: executing "" at <3>: expected string; found 3'],
  ['{{eq 1 "a"}}', 'template: :1:2: executing "" at <eq 1 "a">: error calling eq: incompatible types for comparison'],
  ['{{upper}}', 'wrong number of args for upper: want 1 got 0'],
  ['{{define "T"}}{{template "T"}}{{end}}{{template "T"}}', 'exceeded maximum template depth (1000)'],
];
for (const [source, words] of bad) {
  test(`${source} is refused`, () => expect(() => compileTemplate(source)(data)).toThrow(words));
}

test('a struct has its fields in order, whatever was sent; what it lacks is empty', () => {
  const shape: Shape = {
    struct: 'T',
    fields: { B: 'string', A: 'int', List: { list: 'string' }, Map: { map: 'string' }, Pointer: { pointer: 'int' } },
  };
  const filled = shaped({ A: 1, Extra: true, List: null }, shape);
  expect(compileTemplate('{{.}} {{json .List}} {{.Pointer}} {{.Extra}}')(filled)).toBe(
    '{ 1 [] map[] <nil>} null <nil> true',
  );
});

test('a header keeps its words', () => {
  const template = compileTemplate('{{upper .Name}} {{.Nope}}', { functions: headerFunctions, lenient: true });
  expect(template({ Name: 'Name' })).toBe('Name <no value>');
});
