package main

import (
	"context"
	"fmt"
	"os"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/version"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// The oldest Kubernetes that StockFeed supports, whose CEL lacks later functions.
var oldest = version.MajorMinor(1, 30)

// read decodes a CRD and sets its defaults, as the API server does.
func read(path string) (*apiextensions.CustomResourceDefinition, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	object, err := runtime.Decode(serializer.NewCodecFactory(scheme).UniversalDecoder(apiextensions.SchemeGroupVersion), data)
	if err != nil {
		return nil, err
	}
	crd, ok := object.(*apiextensions.CustomResourceDefinition)
	if !ok {
		return nil, fmt.Errorf("it is a %T, not a CustomResourceDefinition", object)
	}
	// The API server records the storage version when it stores a CRD.
	for _, version := range crd.Spec.Versions {
		if version.Storage {
			crd.Status.StoredVersions = []string{version.Name}
		}
	}
	return crd, nil
}

// problems returns the reasons for which the API server would reject the CRD.
func problems(crd *apiextensions.CustomResourceDefinition) []string {
	return texts(crdvalidation.ValidateCustomResourceDefinition(context.Background(), crd))
}

// schemas returns the schema of each version.
func schemas(crd *apiextensions.CustomResourceDefinition) (map[string]*apiextensions.JSONSchemaProps, error) {
	found := map[string]*apiextensions.JSONSchemaProps{}
	for _, version := range crd.Spec.Versions {
		validation, err := apiextensions.GetSchemaForVersion(crd, version.Name)
		if err != nil {
			return nil, err
		}
		if validation == nil || validation.OpenAPIV3Schema == nil {
			return nil, fmt.Errorf("version %s has no schema", version.Name)
		}
		found[version.Name] = validation.OpenAPIV3Schema
	}
	return found, nil
}

// compileOnOldest compiles the rules of a schema and its descendants for the oldest Kubernetes.
func compileOnOldest(s *schema.Structural, path *field.Path, root bool) []string {
	if s == nil {
		return nil
	}
	found := []string{}
	env := environment.MustBaseEnvSet(oldest)
	results, err := cel.Compile(s, model.SchemaDeclType(s, root), celconfig.PerCallLimit, env, cel.NewExpressionsEnvLoader())
	if err != nil {
		found = append(found, fmt.Sprintf("%s: on %s: %s", path, oldest, err))
	}
	for _, result := range results {
		if result.Error != nil {
			found = append(found, fmt.Sprintf("%s: on %s: %s", path, oldest, result.Error))
		}
	}
	for name := range s.Properties {
		part := s.Properties[name]
		found = append(found, compileOnOldest(&part, path.Child(name), false)...)
	}
	found = append(found, compileOnOldest(s.Items, path.Child("items"), false)...)
	if s.AdditionalProperties != nil {
		found = append(found, compileOnOldest(s.AdditionalProperties.Structural, path.Key("*"), false)...)
	}
	return found
}

func texts(errs field.ErrorList) []string {
	found := []string{}
	for _, err := range errs {
		found = append(found, err.Error())
	}
	return found
}
