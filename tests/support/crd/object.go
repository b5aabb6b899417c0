package main

import (
	"context"
	"fmt"
	"sort"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	runtimeschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

type kind struct {
	structural *schema.Structural
	schema     validation.SchemaValidator
	rules      *cel.Validator
}

type registry map[runtimeschema.GroupVersionKind]kind

// add reads a CRD and returns its problems.
func (r registry) add(path string) ([]string, error) {
	crd, err := read(path)
	if err != nil {
		return nil, err
	}
	wrong := problems(crd)
	if len(wrong) > 0 {
		return wrong, nil
	}
	versions, err := schemas(crd)
	if err != nil {
		return nil, err
	}
	for name, props := range versions {
		gvk := runtimeschema.GroupVersionKind{Group: crd.Spec.Group, Version: name, Kind: crd.Spec.Names.Kind}
		known, err := newKind(props)
		if err != nil {
			return nil, err
		}
		r[gvk] = known
		wrong = append(wrong, compileOnOldest(known.structural, field.NewPath(name), true)...)
	}
	return wrong, nil
}

func newKind(props *apiextensions.JSONSchemaProps) (kind, error) {
	structural, err := schema.NewStructural(props)
	if err != nil {
		return kind{}, err
	}
	validator, _, err := validation.NewSchemaValidator(props)
	if err != nil {
		return kind{}, err
	}
	return kind{structural, validator, cel.NewValidator(structural, true, celconfig.PerCallLimit)}, nil
}

// judge returns the reasons for which the API server would reject the object.
func (r registry) judge(s subject) ([]string, error) {
	object := &unstructured.Unstructured{Object: s.Object}
	known, ok := r[object.GroupVersionKind()]
	if !ok {
		return nil, fmt.Errorf("there is no CRD for %s", object.GroupVersionKind())
	}
	found := known.prepare(object.Object)
	known.prepare(s.Old)
	return append(found, texts(known.validate(object.Object, s.Old))...), nil
}

// validate follows customResourceStrategy.Validate. Importing its package would add minutes to the build.
func (k kind) validate(object, old map[string]any) field.ErrorList {
	errs := validation.ValidateCustomResource(nil, object, k.schema)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.structural, object)...)
	for _, err := range errs {
		if blocking[err.Type] {
			return errs
		}
	}
	if k.rules == nil {
		return errs
	}
	var before any
	if old != nil {
		before = old
	}
	broken, _ := k.rules.Validate(context.Background(), nil, k.structural, object, before, celconfig.RuntimeCELCostBudget)
	return append(errs, broken...)
}

// blocking lists the error types after which the API server does not evaluate rules.
var blocking = map[field.ErrorType]bool{
	field.ErrorTypeNotSupported: true,
	field.ErrorTypeRequired:     true,
	field.ErrorTypeTooLong:      true,
	field.ErrorTypeTooMany:      true,
	field.ErrorTypeTypeInvalid:  true,
}

// prepare prunes and defaults the object and returns the pruned fields.
func (k kind) prepare(object map[string]any) []string {
	if object == nil {
		return nil
	}
	options := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	pruned := pruning.PruneWithOptions(object, k.structural, true, options)
	defaulting.PruneNonNullableNullsWithoutDefaults(object, k.structural)
	defaulting.Default(object, k.structural)
	sort.Strings(pruned)
	found := []string{}
	for _, path := range pruned {
		found = append(found, fmt.Sprintf("unknown field %q", path))
	}
	return found
}
