// Command gen turns the Go definition of the wire into TypeScript.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"emberline/helper/protocol"
)

// TypeScript renders the package in directory: constants, structs and the error
// catalogue, with their doc comments.
func TypeScript(directory string) ([]byte, error) {
	paths, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString("// Generated from helper/protocol by `npm run generate`. Do not edit.\n")
	files := token.NewFileSet()
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, declaration := range parsed.Decls {
			if err := writeDeclaration(&out, declaration); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	writeCatalogue(&out)
	return out.Bytes(), nil
}

func writeDeclaration(out *bytes.Buffer, declaration ast.Decl) error {
	group, ok := declaration.(*ast.GenDecl)
	if !ok {
		return nil
	}
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			if group.Tok == token.CONST {
				writeConstant(out, spec, group)
			}
		case *ast.TypeSpec:
			if err := writeType(out, spec, group.Doc); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeConstant skips error codes, which the catalogue lists.
func writeConstant(out *bytes.Buffer, spec *ast.ValueSpec, group *ast.GenDecl) {
	if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
		return
	}
	doc := spec.Doc
	if doc == nil && len(group.Specs) == 1 {
		doc = group.Doc
	}
	for i, name := range spec.Names {
		value, ok := spec.Values[i].(*ast.BasicLit)
		if !ok || !name.IsExported() {
			continue
		}
		writeDoc(out, doc, "\n")
		fmt.Fprintf(out, "export const %s = %s;\n", name.Name, value.Value)
	}
}

func writeType(out *bytes.Buffer, spec *ast.TypeSpec, doc *ast.CommentGroup) error {
	if !spec.Name.IsExported() || goOnly[spec.Name.Name] {
		return nil
	}
	writeDoc(out, doc, "\n")
	structure, ok := spec.Type.(*ast.StructType)
	if !ok {
		text, err := typeName(spec.Type)
		fmt.Fprintf(out, "export type %s = %s;\n", spec.Name.Name, text)
		return err
	}
	fmt.Fprintf(out, "export interface %s {\n", spec.Name.Name)
	for _, field := range structure.Fields.List {
		text, err := typeName(field.Type)
		if err != nil {
			return fmt.Errorf("%s: %w", spec.Name.Name, err)
		}
		tag, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			return err
		}
		writeDoc(out, field.Doc, "  ")
		fmt.Fprintf(out, "  readonly %s: %s;\n", reflect.StructTag(tag).Get("json"), text)
	}
	out.WriteString("}\n")
	return nil
}

func typeName(expression ast.Expr) (string, error) {
	switch expression := expression.(type) {
	case *ast.Ident:
		switch expression.Name {
		case "int", "int64", "float64":
			return "number", nil
		case "bool":
			return "boolean", nil
		case "string":
			return "string", nil
		}
		return expression.Name, nil
	case *ast.ArrayType:
		element, err := typeName(expression.Elt)
		return "readonly " + element + "[]", err
	case *ast.StarExpr:
		element, err := typeName(expression.X)
		return element + " | null", err
	case *ast.MapType:
		value, err := typeName(expression.Value)
		return "Readonly<Record<string, " + value + ">>", err
	}
	return "", fmt.Errorf("type %T has no twin", expression)
}

func writeDoc(out *bytes.Buffer, doc *ast.CommentGroup, indent string) {
	if indent == "\n" {
		out.WriteString("\n")
		indent = ""
	}
	if doc == nil {
		return
	}
	lines := strings.Split(strings.TrimSpace(doc.Text()), "\n")
	if len(lines) == 1 {
		fmt.Fprintf(out, "%s/** %s */\n", indent, lines[0])
		return
	}
	fmt.Fprintf(out, "%s/**\n", indent)
	for _, line := range lines {
		out.WriteString(strings.TrimRight(indent+" * "+line, " ") + "\n")
	}
	fmt.Fprintf(out, "%s */\n", indent)
}

func writeCatalogue(out *bytes.Buffer) {
	out.WriteString("\n/** The helper's failures: code, exit status, number on the wire, the one next step. */\n")
	out.WriteString("export const helperErrors = {\n")
	for _, entry := range protocol.Catalogue() {
		fmt.Fprintf(out, "  %q: { exit: %d, rpc: %d, nextStep: %q },\n",
			entry.Code, entry.Exit, entry.RPC, entry.Next)
	}
	out.WriteString("} as const;\n\nexport type HelperErrorCode = keyof typeof helperErrors;\n")
}

// goOnly are the types that do not cross the wire as they are: the catalogue
// becomes a table and a union.
var goOnly = map[string]bool{"Error": true, "Code": true, "Entry": true}
