// Command crdcheck validates CustomResourceDefinitions and objects with the API server's own code.
//
// It reads a JSON document from standard input and writes one to standard output:
//
//	{"crds": ["file.yaml"], "objects": [{"object": {…}, "old": {…}}]}
//	{"crds": {"file.yaml": ["problem"]}, "objects": [["problem"]]}
//
// A CRD is validated as at its creation: structural schema, defaults, CEL and its cost. Its rules
// must also compile on the oldest Kubernetes that StockFeed supports. An object goes through
// pruning, defaults, schema and rules; with "old", it is an update of that object. A field that the
// API server would prune is a problem: `unknown field "spec.x"`.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type request struct {
	CRDs    []string  `json:"crds"`
	Objects []subject `json:"objects"`
}

type subject struct {
	Object map[string]any `json:"object"`
	Old    map[string]any `json:"old"`
}

type answer struct {
	CRDs    map[string][]string `json:"crds"`
	Objects [][]string          `json:"objects"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "crdcheck:", err)
		os.Exit(1)
	}
}

func run() error {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	given := answer{CRDs: map[string][]string{}, Objects: [][]string{}}
	kinds := registry{}
	for _, path := range asked.CRDs {
		problems, err := kinds.add(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		given.CRDs[path] = problems
	}
	for i, subject := range asked.Objects {
		problems, err := kinds.judge(subject)
		if err != nil {
			return fmt.Errorf("object %d: %w", i, err)
		}
		given.Objects = append(given.Objects, problems)
	}
	return json.NewEncoder(os.Stdout).Encode(given)
}

// UnmarshalJSON decodes numbers as int64 or float64, as the API server does, not always as float64.
func (s *subject) UnmarshalJSON(data []byte) error {
	var parts struct{ Object, Old json.RawMessage }
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	var err error
	if s.Object, err = content(parts.Object); err != nil {
		return err
	}
	s.Old, err = content(parts.Old)
	return err
}

func content(data json.RawMessage) (map[string]any, error) {
	if len(data) == 0 || string(data) == "null" {
		return nil, nil
	}
	var object unstructured.Unstructured
	if err := object.UnmarshalJSON(data); err != nil {
		return nil, err
	}
	return object.Object, nil
}
