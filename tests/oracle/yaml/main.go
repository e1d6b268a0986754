// Command yaml says what Go's YAML libraries make of a text. Its answers are recorded under
// tests/cases/yaml and compared with what src/yaml makes of the same text.
//
//	yaml record DIR   for each DIR/<case>/in.yaml write want.json (sigs.k8s.io/yaml, YAML 1.1),
//	                  want.yaml (that JSON written as YAML) and want.v3.json (as kustomize reads
//	                  resources); a text that is refused gets the word "error" instead
//	yaml read         for each line of standard input, a JSON string that holds YAML, print
//	                  {"v2": JSON or null, "v3": JSON or null}, each as a string
//	yaml emit         for each line of standard input, a JSON value, print its YAML as a JSON string
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "record":
		return record(args[1])
	case len(args) == 1 && args[0] == "read":
		return eachLine(readLine)
	case len(args) == 1 && args[0] == "emit":
		return eachLine(emitLine)
	}
	return fmt.Errorf("usage: yaml record DIR | yaml read | yaml emit")
}

const refused = "error\n"

func record(dir string) error {
	inputs, err := filepath.Glob(filepath.Join(dir, "*", "in.yaml"))
	if err != nil {
		return err
	}
	for _, input := range inputs {
		text, err := os.ReadFile(input)
		if err != nil {
			return err
		}
		answers := map[string]string{"want.json": refused, "want.v3.json": refused}
		if asJSON, err := yaml.YAMLToJSON(text); err == nil {
			answers["want.json"] = string(asJSON) + "\n"
			asYAML, err := yaml.JSONToYAML(asJSON)
			if err != nil {
				return fmt.Errorf("%s: %w", input, err)
			}
			answers["want.yaml"] = string(asYAML)
		}
		if asJSON, err := readAsKustomize(text); err == nil {
			answers["want.v3.json"] = string(asJSON) + "\n"
		}
		for name, answer := range answers {
			path := filepath.Join(filepath.Dir(input), name)
			if err := os.WriteFile(path, []byte(answer), 0o644); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, "VERSIONS"), []byte(versions()), 0o644)
}

// versions names the libraries that gave the answers.
func versions() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	text := info.GoVersion + "\n"
	for _, module := range info.Deps {
		text += module.Path + " " + module.Version + "\n"
	}
	return text
}

// readAsKustomize goes the way of a resource: into nodes, out as text, and into values from there.
func readAsKustomize(text []byte) ([]byte, error) {
	var node yamlv3.Node
	if err := yamlv3.Unmarshal(text, &node); err != nil {
		return nil, err
	}
	if node.Kind == 0 {
		return []byte("null"), nil
	}
	var again bytes.Buffer
	encoder := yamlv3.NewEncoder(&again)
	encoder.SetIndent(2)
	encoder.CompactSeqIndent()
	if err := encoder.Encode(&node); err != nil {
		return nil, err
	}
	var value any
	if err := yamlv3.Unmarshal(again.Bytes(), &value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func eachLine(answer func(line []byte) (any, error)) error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for lines.Scan() {
		value, err := answer(lines.Bytes())
		if err != nil {
			return err
		}
		if err := encoder.Encode(value); err != nil {
			return err
		}
	}
	return lines.Err()
}

func readLine(line []byte) (any, error) {
	var text string
	if err := json.Unmarshal(line, &text); err != nil {
		return nil, err
	}
	answer := map[string]*string{"v2": nil, "v3": nil}
	if asJSON, err := yaml.YAMLToJSON([]byte(text)); err == nil {
		answer["v2"] = ptr(string(asJSON))
	}
	if asJSON, err := readAsKustomize([]byte(text)); err == nil {
		answer["v3"] = ptr(string(asJSON))
	}
	return answer, nil
}

func emitLine(line []byte) (any, error) {
	// Through values first: only then are floats spelled as encoding/json spells them.
	asJSON, err := yaml.YAMLToJSON(line)
	if err != nil {
		return nil, nil
	}
	asYAML, err := yaml.JSONToYAML(asJSON)
	if err != nil {
		return nil, nil
	}
	return string(asYAML), nil
}

func ptr(text string) *string { return &text }
